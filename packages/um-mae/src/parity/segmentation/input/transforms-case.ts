/** The published training input of segmentation, with the draws that it recorded. */
import { fromArray } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../../at.js';
import { drawScaledCrop } from '../../../data/loading/views/scaled-crop.js';
import { distortColours } from '../../../images/augmentation/photometric.js';
import { sampleClassMap } from '../../../images/masks/class-map.js';
import { type Comparison, compareTensors } from '../../comparison.js';
import { type Case, readTensors, required } from '../../fixture.js';
import { comparePipeline, pipelineCase } from './pipeline-samples.js';
import {
  bytesOf,
  classOf,
  labelOf,
  levelsOf,
  numbersOf,
  type Parts,
  recorded,
} from './published-pictures.js';

const sizes = z.tuple([z.number(), z.number()]);
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
