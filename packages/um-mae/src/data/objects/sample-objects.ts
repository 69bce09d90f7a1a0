/** Objects of a sample: moved, clipped and mirrored by the steps that its image went through. */

import type { Geometry } from '../../images/geometry/geometry.js';
import type { Size } from '../../images/geometry/resize.js';
import { type NearestRule, shownPlaces } from '../../images/masks/class-map.js';
import { type KnownObject, type ObjectsOfImage, trainedObjects } from './known-objects.js';
import {
  type Bitmap,
  bitmapOf,
  cornersOfBitmap,
  maskOfOutline,
  sampleBitmap,
} from './outlines/bitmap.js';

/** Objects of one image of a batch, which are learnt from. */
export interface SampleObjects {
  /** [objects, 4] as x1, y1, x2, y2 in pixels of the sample, inside of it */
  readonly boxes: Float32Array<ArrayBuffer>;
  /** [objects], classes from 0 */
  readonly labels: Int32Array<ArrayBuffer>;
  /** Masks in pixels of the sample, one for each object; undefined where none are wanted. */
  readonly masks: readonly Bitmap[] | undefined;
}

/** The way in which objects become those of a sample. */
export interface ObjectOptions {
  /** Whether masks are wanted; objects without an outline are then left out. */
  readonly masks: boolean;
  /** The rule for pixels of masks. */
  readonly rule: NearestRule;
  /** Whether boxes are those of the masks that a crop has left. Default: boxes are clipped. */
  readonly boxesOfMasks?: boolean | undefined;
}

type Corners = readonly [number, number, number, number];

interface Moved {
  readonly label: number;
  readonly corners: Corners;
  readonly mask: Bitmap | undefined;
}

/** Boxes as wide or as high as this, in pixels, are left out. */
const leastSide = 0.01;

/**
 * The objects of a sample that is made of its image by steps, one after the other.
 *
 * Source: mmdet 2.21, `Resize`, `RandomCrop`, `RandomFlip` and `FilterAnnotations`.
 */
export function sampleObjects(
  image: ObjectsOfImage,
  steps: readonly Geometry[],
  options: ObjectOptions,
): SampleObjects {
  let objects = trainedObjects(image).flatMap((object) => startOf(object, image.size, options));
  for (const step of steps) objects = moveAll(objects, step, options);
  const kept = objects.filter(
    ({ corners: [left, top, right, bottom] }) =>
      right - left > leastSide && bottom - top > leastSide,
  );
  return {
    boxes: Float32Array.from(kept.flatMap(({ corners }) => corners)),
    labels: Int32Array.from(kept, ({ label }) => label),
    masks: options.masks ? kept.flatMap(({ mask }) => mask ?? []) : undefined,
  };
}

function startOf(
  { label, box, outline }: KnownObject,
  size: Size,
  options: ObjectOptions,
): Moved[] {
  const [left, top, width, height] = box;
  const corners: Corners = [left, top, left + width, top + height];
  if (!options.masks) return [{ label, corners, mask: undefined }];
  if (!outline) return [];
  return [{ label, corners, mask: bitmapOf(maskOfOutline(outline, size)) }];
}

function moveAll(objects: readonly Moved[], step: Geometry, options: ObjectOptions): Moved[] {
  const shown = shownPlaces(step.sampling, options.rule);
  return objects.flatMap(({ label, corners, mask }) => {
    const moved = moveCorners(corners, step);
    if (!hasArea(moved)) return [];
    const seen = mask && sampleBitmap(mask, shown, step);
    if (!seen || !options.boxesOfMasks || !isCropped(step)) {
      return [{ label, corners: moved, mask: seen }];
    }
    const around = cornersOfBitmap(seen);
    return around ? [{ label, corners: around, mask: seen }] : [];
  });
}

function hasArea([left, top, right, bottom]: Corners): boolean {
  return right > left && bottom > top;
}

function isCropped({ sampling: { window, width, height } }: Geometry): boolean {
  return window.width < width || window.height < height;
}

/** Corners in a sample, clipped to it. */
export function moveCorners(
  [left, top, right, bottom]: Corners,
  { sampling: { source, width, height, window }, mirrored }: Geometry,
): Corners {
  const [acrossScale, downScale] = [width / source.width, height / source.height];
  const across = (x: number) => clip((x - source.left) * acrossScale - window.left, window.width);
  const down = (y: number) => clip((y - source.top) * downScale - window.top, window.height);
  const [low, high] = [across(left), across(right)];
  const sides = mirrored
    ? ([window.width - high, window.width - low] as const)
    : ([low, high] as const);
  return [sides[0], down(top), sides[1], down(bottom)];
}

function clip(place: number, most: number): number {
  return Math.min(Math.max(place, 0), most);
}
