/** The objects that a detector finds in one image, in pixels of the original. */
import { noGrad, scope, type Tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import type { Detections } from '../../detection/boxes/class-boxes.js';
import { suppressionOf } from '../../detection/boxes/suppression-of.js';
import type { Detector } from '../../detection/networks/detector.js';
import { pastedMasks } from '../../detection/networks/mask-rcnn.js';
import { findInViews, masksInViews, type SeenView } from '../../detection/networks/view-objects.js';
import {
  type CocoBox,
  encodeMask,
  type RunLengths,
} from '../../detection/run-lengths/run-lengths.js';
import type { Scale } from '../../images/geometry/resampling.js';
import type { Size } from '../../images/geometry/resize.js';
import { normaliseImages } from '../../images/normalise.js';
import type { ObjectRecipe } from '../../recipes/detection/object-recipe.js';

/** A detector, and the recipe that says how it is used. */
export interface TrainedDetector {
  readonly model: Detector;
  readonly recipe: ObjectRecipe;
}

/** An object that was found. */
export interface SeenObject {
  /** The class, from 0. */
  readonly label: number;
  readonly score: number;
  readonly box: CocoBox;
  /** Undefined where the detector tells boxes only. */
  readonly mask: RunLengths | undefined;
}

/** An image as a detector takes it. */
export interface ShownImage {
  /** [height, width, 3] of `padded`, the image at the top left */
  readonly pixels: Uint8Array;
  readonly padded: Size;
  /** The image at the scale of evaluation. */
  readonly size: Size;
  readonly original: Size;
  /** Whether the image is mirrored left to right. Default false. */
  readonly mirrored?: boolean;
}

/** Pixels of masks that are drawn at once. */
const pixelsAtOnce = 2 ** 24;

/** The size that images are evaluated at. */
export function evaluationScale({ inference, input }: ObjectRecipe): Scale {
  if (inference.scale) return inference.scale;
  if (input.kind === 'jitter') {
    const { height, width } = input;
    return { long: Math.max(height, width), short: Math.min(height, width) };
  }
  return { long: input.long, short: largestShort(input.short) };
}

/** The largest of the lengths that are drawn from. */
export function largestShort(short: readonly number[] | { readonly to: number }): number {
  return 'to' in short ? short.to : Math.max(...short);
}

/** Sides of batches, and of what anchors cover of an image, are multiples of this. */
export const sideMultiple = 32;

/** The size of an image with its own padding. */
export function paddedSize({ height, width }: Size): Size {
  const up = (side: number) => sideMultiple * Math.ceil(side / sideMultiple);
  return { height: up(height), width: up(width) };
}

/**
 * Finds objects, best first.
 *
 * @param views of one image; those of several views are put together
 */
export function findObjects(
  { model, recipe }: TrainedDetector,
  views: readonly ShownImage[],
  device: string,
): SeenObject[] {
  const training = model.training;
  model.eval();
  try {
    return scope(() =>
      noGrad(() => {
        const seen = views.map((view) => seenBy(model, view, device));
        const found = foundIn(model, seen, recipe);
        return describe(found, masksOf(model, seen, found));
      }),
    );
  } finally {
    model.train(training);
  }
}

function seenBy(
  model: Detector,
  { pixels, padded, size, original, mirrored = false }: ShownImage,
  device: string,
): SeenView<unknown> {
  // The published factors are numbers of 32 bits.
  const scale = [
    Math.fround(size.width / original.width),
    Math.fround(size.height / original.height),
  ] as const;
  const { width, height } = original;
  const picture = { place: 0, size, scale, original: { width, height } };
  return { features: model.forward(normaliseImages(pixels, padded, device)), picture, mirrored };
}

function foundIn(
  model: Detector,
  seen: readonly SeenView<unknown>[],
  { inference }: ObjectRecipe,
): Detections {
  const [only, ...others] = seen;
  if (only && others.length === 0) return model.find(only.features, only.picture);
  const { most } = inference;
  return findInViews(model, seen, { most, suppression: suppressionOf(inference) });
}

function describe(
  { boxes, scores, labels }: Detections,
  masks: readonly RunLengths[] | undefined,
): SeenObject[] {
  const [corners, values, classes] = [boxes, scores, labels].map((x) => numbersOf(x));
  return (classes ?? []).map((label, i): SeenObject => {
    const [left = 0, top = 0, right = 0, bottom = 0] = (corners ?? []).slice(4 * i, 4 * i + 4);
    const box = [left, top, right - left, bottom - top] as const;
    return { label, score: values?.[i] ?? Number.NaN, box, mask: masks?.[i] };
  });
}

function numbersOf(x: Tensor): number[] {
  return [...x.to('f64').toArray()].map(Number);
}

function masksOf(
  model: Detector,
  seen: readonly SeenView<unknown>[],
  { boxes, scores, labels }: Detections,
): RunLengths[] | undefined {
  if (!model.hasMasks) return undefined;
  const { picture } = at(seen, 0);
  const { height, width } = picture.original;
  const [count] = boxes.sizes(2);
  const most = Math.max(1, Math.floor(pixelsAtOnce / (height * width)));
  const all: RunLengths[] = [];
  for (let first = 0; first < count; first += most) {
    const length = Math.min(most, count - first);
    const part = (x: Tensor) => x.narrow(0, first, length);
    const own = { boxes: part(boxes), scores: part(scores), labels: part(labels) };
    const bytes = scope(() => {
      const probabilities = masksInViews(model, seen, own);
      return probabilities && pastedMasks(probabilities, own, picture).to('u8').toArray();
    });
    for (let i = 0; i < length; i++) {
      const pixels = (bytes as Uint8Array).subarray(i * height * width, (i + 1) * height * width);
      all.push(encodeMask(pixels, picture.original));
    }
  }
  return all;
}
