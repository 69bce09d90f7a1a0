/** Objects of images, as annotations know them. */
import type { CocoBox, RunLengths } from '../../detection/run-lengths/run-lengths.js';
import type { Size } from '../../images/geometry/resize.js';

/** The outline of an object, in pixels of the whole image. */
export type Outline =
  /** Each polygon is x and y of its corners by turns; the object is inside of any of them. */
  | { readonly kind: 'polygons'; readonly polygons: readonly (readonly number[])[] }
  | { readonly kind: 'run-lengths'; readonly mask: RunLengths };

/** An object of an image. */
export interface KnownObject {
  /** The number of the object in its file, or else its place in the set, from 1. */
  readonly id: number;
  /** The class, numbered from 0. */
  readonly label: number;
  /** Left, top, width and height in pixels of the whole image. */
  readonly box: CocoBox;
  /** The area in square pixels, as the file says, or else of the outline or the box. */
  readonly area: number;
  /** Whether it is a group of objects that nobody told apart: it is not learnt from. */
  readonly isCrowd: boolean;
  readonly outline: Outline | undefined;
}

/** All that is known of an image in a task that finds objects: a target. */
export interface ObjectsOfImage {
  /** The number of the image in its file, or else its place in the set, from 1. */
  readonly id: number;
  /** The size of the whole image, upright, by which the objects are written. */
  readonly size: Size;
  /** Empty for an image of which it is known that nothing is in it. */
  readonly objects: readonly KnownObject[];
}

/**
 * The objects of an image that are learnt from: no crowds, nothing without an area, less than a
 * pixel wide or high, or outside of the image.
 */
export function trainedObjects({ size, objects }: ObjectsOfImage): KnownObject[] {
  return objects.filter(({ isCrowd, area, box: [left, top, width, height] }) => {
    const across = Math.min(left + width, size.width) - Math.max(left, 0);
    const down = Math.min(top + height, size.height) - Math.max(top, 0);
    return !isCrowd && area > 0 && width >= 1 && height >= 1 && across > 0 && down > 0;
  });
}
