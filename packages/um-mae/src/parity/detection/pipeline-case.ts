/** Training input of detectors: images, boxes and masks by one geometry, with recorded draws. */
import { fromArray, type Tensor, tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../at.js';
import { drawJitter, drawMultiScale, scaleWhole } from '../../data/loading/views/object-views.js';
import { padPixels, roundUp } from '../../data/loading/views/pad.js';
import type { KnownObject } from '../../data/objects/known-objects.js';
import type { Bitmap } from '../../data/objects/outlines/bitmap.js';
import { sampleObjects } from '../../data/objects/sample-objects.js';
import { encodeMask, maskArea } from '../../detection/run-lengths/run-lengths.js';
import type { Geometry } from '../../images/geometry/geometry.js';
import { scaledSize } from '../../images/geometry/resampling.js';
import type { RgbImage, Size } from '../../images/geometry/resize.js';
import { showSteps } from '../../images/geometry/steps.js';
import { normaliseImages } from '../../images/normalise.js';
import type { Random } from '../../random.js';
import { type Comparison, compareNumbers, compareTensors } from '../comparison.js';
import type { Case } from '../fixture.js';
import { bytesOf, recorded } from '../segmentation/input/published-pictures.js';
import { type Numbers, openNumbers } from './numbers.js';

const draw = z.union([
  z.tuple([z.literal('uniform'), z.number()]),
  z.tuple([z.literal('integer in [a, b)'), z.array(z.number()), z.number()]),
  z.tuple([z.literal('choice'), z.array(z.string()), z.number()]),
]);

const pipelineCase = z.object({
  keep_ratio_sizes: z.object({ rows: z.array(z.array(z.number())) }),
  runs: z.record(z.string(), z.object({ draws: z.array(draw), labels: z.array(z.number()) })),
});

type Draw = z.infer<typeof draw>;

/** The steps of a run, and the side that its image is padded to. */
interface Run {
  readonly steps: (image: Size, draws: readonly Draw[]) => readonly Geometry[];
  readonly boxesOfMasks?: boolean;
  /** Sides are multiples of this, and pixels are normalised. Default: bytes without padding. */
  readonly multiple?: number;
}

const plain = { flip: 0.5, resampling: 'opencv' } as const;
const noFlip = 1;

/** Large-scale jitter; the size of the crop is drawn from one number, so that nothing is drawn. */
function jitter(side: number, ratios: readonly [number, number]): Run['steps'] {
  return (image, draws) => {
    const needed = draws.filter((_, place) => place !== 1 && place !== 2);
    const random = recorded([...needed.map(numberOf), noFlip]);
    return [
      drawJitter(image, { ...plain, ratios }, { output: { width: side, height: side }, random }),
    ];
  };
}

const runs: Readonly<Record<string, Run>> = {
  lsj_0: { steps: jitter(48, [0.1, 2]) },
  lsj_1: { steps: jitter(48, [0.1, 2]) },
  lsj_2: { steps: jitter(48, [0.1, 2]) },
  lsj_3: { steps: jitter(48, [0.1, 2]) },
  lsj_normalised: { steps: jitter(40, [0.1, 2]), multiple: 40 },
  lsj_recompute: { steps: jitter(48, [1, 2]), boxesOfMasks: true },
  test: { steps: (image) => [scaleWhole(image, { long: 100, short: 50 })], multiple: 32 },
  multi_scale_value: {
    steps: (image, draws) => {
      const options = { ...plain, long: 100, short: [32, 48, 64] };
      return drawMultiScale(image, options, randomOf(draws));
    },
  },
  multi_scale_range: {
    // The longer limit comes first, and is fixed; the flip comes last.
    steps: (image, draws) => {
      const options = { ...plain, long: 80, short: { from: 20, to: 70 } };
      return drawMultiScale(image, options, randomOf([at(draws, 2), at(draws, 1)]));
    },
  },
  crop_then_resize: {
    steps: (image, draws) => {
      const crop = { short: [40, 50, 60], sides: [38, 60] } as const;
      const options = { ...plain, long: 100, short: [48, 56, 64], crop };
      return drawMultiScale(image, options, recorded([noFlip, 0.5, ...draws.map(numberOf)]));
    },
  },
};

/** Compares sizes, images, boxes and masks. */
export function runPipelineCase(fixture: Case): Comparison[] {
  const published = pipelineCase.parse(fixture.json);
  const wrong = published.keep_ratio_sizes.rows.filter(
    ([width = 0, height = 0, a = 0, b = 0, newWidth, newHeight]) => {
      const size = scaledSize({ width, height }, { long: Math.max(a, b), short: Math.min(a, b) });
      return size.width !== newWidth || size.height !== newHeight;
    },
  );
  return [
    compareNumbers('sizes of resized images, wrong ones', wrong.length, 0, 0),
    ...Object.entries(published.runs).flatMap(([name, { draws, labels }]) =>
      compareRun(fixture, { name, draws, labels }),
    ),
  ];
}

function compareRun(
  fixture: Case,
  { name, draws, labels }: { name: string; draws: readonly Draw[]; labels: readonly number[] },
): Comparison[] {
  const numbers = openNumbers({ ...fixture, device: 'cpu' });
  const image = numbers.get(`${name}.image.in`);
  const [height, width] = image.sizes(3);
  const picture = { width, height, data: bytesOf(image) };
  const run = runs[name];
  if (!run) return [compareNumbers(`${name}, a run that is not known`, 1, 0, 0)];
  const steps = run.steps(picture, draws);
  const shown = showSteps(picture, steps, { resampling: 'opencv' });
  const objects = sampleObjects(
    { id: 1, size: picture, objects: objectsOf(numbers, name, picture) },
    steps,
    { masks: true, rule: 'corner', boxesOfMasks: run.boxesOfMasks },
  );
  const expected = tensor([...labels], { dtype: 'f32' });
  const pixels = pixelsOf(shown, run.multiple);
  const place = { width: pixels.width, height: pixels.height };
  const bitmaps = objects.masks?.map((mask) => spread(mask, place)) ?? [];
  const ours = fromArray(Float32Array.from(objects.labels));
  if (ours.elements !== expected.elements) {
    return [compareNumbers(`${name} objects`, ours.elements, expected.elements, 0)];
  }
  return [
    compareTensors(`${name} labels`, ours, expected, 0),
    numbers.compare(`${name}.image`, pixels.tensor),
    numbers.compare(`${name}.boxes`, fromArray(objects.boxes)),
    numbers.compare(
      `${name}.masks`,
      fromArray(Uint8Array.from(bitmaps.flatMap((map) => [...map]))),
    ),
  ];
}

/** The objects of a run, whose boxes need not be those of their masks. */
function objectsOf(numbers: Numbers, name: string, size: Size): KnownObject[] {
  const boxes = numbers.get(`${name}.boxes.in`).toArray() as Float32Array;
  const masks = bytesOf(numbers.get(`${name}.masks.in`));
  const pixels = size.width * size.height;
  return Array.from({ length: boxes.length / 4 }, (_, label): KnownObject => {
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(4 * label);
    const mask = encodeMask(masks.subarray(label * pixels, (label + 1) * pixels), size);
    return {
      id: label + 1,
      label,
      box: [left, top, right - left, bottom - top],
      area: maskArea(mask),
      isCrowd: false,
      outline: { kind: 'run-lengths', mask },
    };
  });
}

interface Shown extends Size {
  readonly tensor: Tensor;
}

/** Bytes, or normalised and padded pixels. */
function pixelsOf(shown: RgbImage, multiple: number | undefined): Shown {
  const { width, height, data } = shown;
  if (multiple === undefined) return { width, height, tensor: fromArray(data) };
  const size = { width: roundUp(width, multiple), height: roundUp(height, multiple) };
  const normalised = normaliseImages(padPixels(shown, size), size, 'cpu');
  return { ...size, tensor: normalised.squeeze(0).permute([1, 2, 0]).contiguous() };
}

/** A bitmap in the place of a whole image. */
function spread({ left, top, width, height, pixels }: Bitmap, place: Size): Uint8Array {
  const all = new Uint8Array(place.width * place.height);
  for (let row = 0; row < height; row++) {
    const line = pixels.subarray(row * width, (row + 1) * width);
    all.set(line, (top + row) * place.width + left);
  }
  return all;
}

function randomOf(draws: readonly Draw[]): Random {
  return recorded(draws.map(numberOf));
}

/** The number from 0 to 1 that a draw was made of. */
function numberOf(draw: Draw): number {
  if (draw[0] === 'uniform') return draw[1];
  const [kind, range, chosen] = draw;
  if (kind === 'choice') return (chosen + 0.5) / range.length;
  const [from = 0, to = from] = range.length > 1 ? range : [0, ...range];
  return (chosen - from + 0.5) / (to - from);
}
