/** Crops and resizes of photos, against what the published transforms made of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { evaluationCrop, stretch } from '../../images/geometry/crop.js';
import { type RgbImage, resample } from '../../images/geometry/resize.js';
import { readPng } from '../../images/png/png-file.js';
import { pngNumbers } from '../../images/png/png-numbers.js';
import { type Comparison, compareNumbers } from '../comparison.js';
import { type Case, readTensors, required } from '../fixture.js';

const pair = z.tuple([z.number(), z.number()]);

const transformsCase = z.object({
  crops: z.array(
    z.object({
      name: z.string(),
      photo: z.string(),
      top: z.number(),
      left: z.number(),
      height: z.number(),
      width: z.number(),
      output_side: z.number(),
      flip: z.boolean(),
    }),
  ),
  evaluation: z.array(
    z.object({
      name: z.string(),
      photo: z.string(),
      input_size: z.number(),
      size_after_resize_width_height: pair,
      crop_top_left: pair,
    }),
  ),
  resize_probes: z.array(z.object({ name: z.string() })),
});

type TransformsCase = z.infer<typeof transformsCase>;

/** Compares levels exactly: resizing is in integers. */
export function runTransformsCase(fixture: Case): Comparison[] {
  const description = transformsCase.parse(fixture.json);
  const tensors = readTensors({ ...fixture, device: 'cpu' }, 'tensors.safetensors');
  return [
    ...description.crops.map((crop) => compareCrop(fixture, crop, required(tensors, crop.name))),
    ...description.evaluation.flatMap((row) =>
      compareEvaluation(fixture, row, required(tensors, row.name)),
    ),
    ...description.resize_probes.map(({ name }) => {
      const image = imageOf(required(tensors, `${name}.in`));
      const theirs = imageOf(required(tensors, `${name}.out`));
      const source = { left: 0, top: 0, width: image.width, height: image.height };
      return compareLevels(name, resample(image, stretch(source, theirs)), theirs.data);
    }),
  ];
}

function compareCrop(
  { folder }: Case,
  { name, photo, flip, output_side: side, ...source }: TransformsCase['crops'][number],
  theirs: Tensor,
): Comparison {
  const ours = resample(photoOf(folder, photo), stretch(source, { width: side, height: side }));
  const expected = imageOf(theirs);
  return compareLevels(name, ours, flip ? mirrored(expected) : expected.data);
}

function compareEvaluation(
  { folder }: Case,
  row: TransformsCase['evaluation'][number],
  theirs: Tensor,
): Comparison[] {
  const image = photoOf(folder, row.photo);
  const side = row.input_size;
  const sampling = evaluationCrop(image, { width: side, height: side });
  const { width, height, window } = sampling;
  const expected = [...row.size_after_resize_width_height, ...row.crop_top_left];
  const distances = [width, height, window.top, window.left].map((value, i) =>
    Math.abs(value - (expected[i] ?? Number.NaN)),
  );
  return [
    compareNumbers(`window of ${row.name}`, Math.max(...distances), 0, 0),
    compareLevels(row.name, resample(image, sampling), imageOf(theirs).data),
  ];
}

function compareLevels(name: string, ours: Uint8Array, theirs: Uint8Array): Comparison {
  const same = ours.length === theirs.length;
  const distances = theirs.reduce(
    (largest, level, i) => Math.max(largest, Math.abs(level - (ours[i] ?? Number.NaN))),
    0,
  );
  return compareNumbers(name, same ? distances : Number.NaN, 0, 0);
}

function photoOf(folder: string, name: string): RgbImage {
  const png = readPng(readFileSync(join(folder, name)), 1 << 26);
  return { width: png.width, height: png.height, data: Uint8Array.from(pngNumbers(png)) };
}

/** @param levels u8 [3, height, width] */
function imageOf(levels: Tensor): RgbImage {
  const [, height, width] = levels.sizes(3);
  return { width, height, data: Uint8Array.from(levels.permute([1, 2, 0]).toArray(), Number) };
}

function mirrored({ data, width }: RgbImage): Uint8Array {
  return data.map((_, i) => {
    const pixel = Math.floor(i / 3);
    const column = pixel % width;
    return data[(pixel - column + width - 1 - column) * 3 + (i % 3)] ?? Number.NaN;
  });
}
