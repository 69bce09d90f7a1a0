/** The published training input of segmentation, with the draws that it recorded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromArray, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../at.js';
import { padClassMap, padPixels } from '../../data/loading/pad.js';
import { drawScaledCrop } from '../../data/loading/scaled-crop.js';
import { type Distortion, distortColours } from '../../images/augmentation/photometric.js';
import { type ClassMap, ignoredClass, sampleClassMap } from '../../images/class-map.js';
import type { Geometry } from '../../images/geometry.js';
import { normaliseImages } from '../../images/normalise.js';
import { readPng } from '../../images/png/png-file.js';
import { pngNumbers } from '../../images/png/png-numbers.js';
import { resampleBy, resizeTo } from '../../images/resampling.js';
import type { RgbImage, Size } from '../../images/resize.js';
import type { Random } from '../../random.js';
import { type Comparison, compareNumbers, compareTensors } from '../comparison.js';
import { type Case, readTensors, required } from '../fixture.js';

const sizes = z.tuple([z.number(), z.number()]);
const draw = z.object({ call: z.string(), value: z.number() });
const change = z.number().nullable();

const distortionCase = z.object({
  name: z.string(),
  brightness: change,
  mode: z.number(),
  contrast: change,
  saturation: change,
  hue: change,
});

const cropCase = z.object({
  name: z.string(),
  photo: z.string(),
  labels_replaced_by: z.string().nullable(),
  crop_height_width: sizes,
  cat_max_ratio: z.number(),
  offsets_drawn_top_left: z.array(sizes),
});

const pipelineCase = z.object({
  name: z.string(),
  photo: z.string(),
  img_scale: sizes,
  crop_height_width: sizes,
  ratio_range: sizes,
  steps: z.array(z.object({ step: z.string(), draws: z.array(draw) })),
  share_of_padding: z.number(),
});

const annotationCase = z.object({
  file: z.string(),
  reduce_zero_label: z.boolean(),
  tensor: z.string(),
});

const transformsCase = z.object({
  photometric: z.object({ cases: z.array(distortionCase) }),
  random_crop: z.object({ cases: z.array(cropCase) }),
  pipeline: z.object({ cases: z.array(pipelineCase) }),
  annotations: z.object({ cases: z.array(annotationCase) }),
});

/** Whether `json` describes a case of this kind. */
export function isTransformsCase(json: unknown): boolean {
  return transformsCase.safeParse(json).success;
}

/** Compares colours, crops, annotations and whole samples with the published ones. */
export function runTransformsCase(fixture: Case): Comparison[] {
  const described = transformsCase.parse(fixture.json);
  const tensors = readTensors({ ...fixture, device: 'cpu' }, 'tensors.safetensors');
  const published = (name: string) => required(tensors, name);
  const parts = { folder: fixture.folder, published };
  return [
    ...described.photometric.cases.map((item) => compareColours(item, parts)),
    ...described.random_crop.cases.map((item) => compareCrop(item, parts)),
    ...described.pipeline.cases.flatMap((item) => comparePipeline(item, parts)),
    ...described.annotations.cases.map((item) => compareAnnotation(item, parts)),
  ];
}

interface Parts {
  readonly folder: string;
  readonly published: (name: string) => Tensor;
}

/** Conversions from HSV may differ by one level, which a contrast after them enlarges. */
function compareColours(item: z.infer<typeof distortionCase>, { published }: Parts): Comparison {
  const { name, mode, contrast, saturation, hue } = item;
  const before = published(`${name}.in`);
  const pixels = bytesOf(before);
  distortColours(pixels, { ...item, contrastFirst: mode === 1 });
  const conversions = [saturation, hue].filter((value) => value !== null).length;
  const enlarged = contrast !== null && mode === 0 ? contrast : 1;
  const ours = fromArray(pixels, { shape: before.shape });
  const tolerance = Math.ceil(conversions * enlarged);
  return compareTensors(name, ours, published(`${name}.out`), tolerance);
}

function compareCrop(item: z.infer<typeof cropCase>, { folder, published }: Parts): Comparison {
  const [height, width] = item.crop_height_width;
  const stored = labelOf(folder, item.photo);
  const replaced = /all (?<value>\d+)/.exec(item.labels_replaced_by ?? '')?.groups?.value;
  const label = replaced
    ? { ...stored, data: stored.data.map(() => classOf(Number(replaced))) }
    : stored;
  // Draws of a scale of 1, of every offset, and of no flip.
  const offsets = item.offsets_drawn_top_left.flatMap(([top, left]) => [
    (top + 0.5) / (Math.max(label.height - height, 0) + 1),
    (left + 0.5) / (Math.max(label.width - width, 0) + 1),
  ]);
  const options = {
    scale: {
      long: Math.max(label.width, label.height),
      short: Math.min(label.width, label.height),
    },
    ratios: [1, 1] as const,
    largestShare: item.cat_max_ratio,
    flip: 0,
    distortion: false,
    resampling: 'opencv' as const,
  };
  const random = recorded([0, ...offsets, 0.5]);
  const geometry = drawScaledCrop(label, options, {
    output: { width, height },
    classMap: label,
    random,
  });
  const ours = levelsOf(sampleClassMap(label, geometry, 'corner'));
  return compareTensors(item.name, ours, published(`${item.name}.label`), 0);
}

function comparePipeline(
  item: z.infer<typeof pipelineCase>,
  { folder, published }: Parts,
): Comparison[] {
  const { name, img_scale: scale } = item;
  const [height, width] = item.crop_height_width;
  const output = { height, width };
  const image = photoOf(folder, item.photo);
  const label = labelOf(folder, item.photo);
  const drawsOf = (step: string) => item.steps.find((found) => found.step === step)?.draws ?? [];
  const options = {
    scale: { long: Math.max(...scale), short: Math.min(...scale) },
    ratios: item.ratio_range,
    largestShare: 0.75,
    flip: 0.5,
    distortion: true,
    resampling: 'opencv' as const,
  };
  const offsets = drawsOf('RandomCrop').map(({ call, value }) => {
    const [, end = '1'] = /, (\d+)\)/.exec(call) ?? [];
    return (value + 0.5) / Number(end);
  });
  const numbers = (step: string) => drawsOf(step).map(({ value }) => value);
  const random = recorded([...numbers('Resize'), ...offsets, ...numbers('RandomFlip')]);
  const geometry = drawScaledCrop(image, options, { output, classMap: label, random });
  const whole = wholeOf(geometry);
  const resized = resizeTo(image, geometry.sampling, 'opencv');
  const seen = sampleClassMap(label, geometry, 'corner');
  const map = { ...seen, ...output, data: padClassMap(seen, output) };
  const shown = samplePixels(image, geometry, distortionOf(drawsOf('PhotoMetricDistortion')));
  // Levels before the normalisation: padding is the mean colour there, to half a level.
  const ours = normaliseImages(padPixels(shown, output), output, 'cpu').squeeze(0);
  const tolerance = item.share_of_padding > 0 ? 0.06 : 0.019;
  return [
    compareTensors(`${name} resized`, fromArray(resized.data), published(`${name}.resized`), 0),
    compareTensors(
      `${name} resized label`,
      levelsOf(sampleClassMap(label, whole, 'corner')),
      published(`${name}.resized_label`),
      0,
    ),
    compareTensors(`${name} label`, levelsOf(map), published(`${name}.label`), 0),
    compareTensors(`${name} image`, ours, published(`${name}.image`), tolerance),
    ...(item.share_of_padding > 0
      ? []
      : [compareMost(`${name} image`, ours, published(`${name}.image`))]),
  ];
}

/** The whole of the scaled image, as it lies. */
function wholeOf({ sampling }: Geometry): Geometry {
  const { width, height } = sampling;
  return { sampling: { ...sampling, window: { left: 0, top: 0, width, height } }, mirrored: false };
}

function samplePixels(image: RgbImage, geometry: Geometry, distortion: Distortion): RgbImage {
  const { window } = geometry.sampling;
  const { width, height } = window;
  const data = resampleBy('opencv', image, geometry.sampling);
  const shown = fromArray(data, { shape: [height, width, 3] });
  const pixels = bytesOf(geometry.mirrored ? shown.flip([1]) : shown);
  distortColours(pixels, distortion);
  return { width, height, data: pixels };
}

/** At most one value in a thousand may differ at all. */
function compareMost(name: string, ours: Tensor, theirs: Tensor): Comparison {
  const differing = ours.sub(theirs).abs().gt(2e-6).to('f32').mean().number();
  return compareNumbers(`${name}, share of other values`, differing, 0, 1e-3);
}

/** The changes that a list of coins and numbers makes, in the order of the published code. */
function distortionOf(draws: readonly z.infer<typeof draw>[]): Distortion {
  const left = draws.map(({ value }) => value);
  const next = () => left.shift() ?? 0;
  const maybe = () => (next() === 1 ? next() : null);
  const brightness = maybe();
  const contrastFirst = next() === 1;
  const early = contrastFirst ? maybe() : null;
  const saturation = maybe();
  const hue = maybe();
  return { brightness, contrastFirst, saturation, hue, contrast: contrastFirst ? early : maybe() };
}

/** Values as stored; the published reader keeps the low byte, and puts blue first. */
function compareAnnotation(
  item: z.infer<typeof annotationCase>,
  { folder, published }: Parts,
): Comparison {
  const numbers = numbersOf(folder, item.file);
  const isColour = item.tensor.includes('rgb');
  const read = isColour
    ? blueFirst(Uint8Array.from(numbers))
    : Uint8Array.from(numbers, (value) => (item.reduce_zero_label ? reduced(value) : value & 255));
  return compareTensors(item.tensor, fromArray(read), published(item.tensor), 0);
}

function reduced(value: number): number {
  return value === 0 || value === 255 ? 255 : value - 1;
}

function blueFirst(pixels: Uint8Array): Uint8Array {
  return pixels.map((_, i) => at(pixels, i - (i % 3) + 2 - (i % 3)));
}

function recorded(numbers: readonly number[]): Random {
  const left = [...numbers];
  return () => left.shift() ?? 0;
}

function bytesOf(tensor: Tensor): Uint8Array {
  return Uint8Array.from(tensor.contiguous().toArray() as Uint8Array);
}

function photoOf(folder: string, name: string): RgbImage {
  const { width, height } = sizeOf(folder, name);
  return { width, height, data: Uint8Array.from(numbersOf(folder, name)) };
}

function labelOf(folder: string, photo: string): ClassMap {
  const name = photo.replace('photo', 'label');
  const data = Int32Array.from(numbersOf(folder, name), classOf);
  return { ...sizeOf(folder, name), data };
}

function classOf(level: number): number {
  return level === 255 ? ignoredClass : level;
}

/** Published labels: 255 is ignored. */
function levelsOf({ data }: ClassMap): Tensor {
  return fromArray(Uint8Array.from(data, (found) => (found === ignoredClass ? 255 : found)));
}

function numbersOf(folder: string, name: string): Uint8Array | Uint16Array {
  return pngNumbers(readPng(readFileSync(join(folder, name)), 1 << 24));
}

function sizeOf(folder: string, name: string): Size {
  const { width, height } = readPng(readFileSync(join(folder, name)), 1 << 24);
  return { width, height };
}
