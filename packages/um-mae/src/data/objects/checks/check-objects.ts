/** Checks written objects, whatever the format: what is of no use is left out and counted. */

import { maskArea } from '../../../detection/run-lengths/run-lengths.js';
import { DataError } from '../../../errors.js';
import type { Size } from '../../../images/geometry/resize.js';
import type { AnnotatedImage, Annotations, WrittenObject } from '../annotations.js';
import type { KnownObject, ObjectsOfImage } from '../known-objects.js';
import { maskOfOutline } from '../outlines/bitmap.js';

/**
 * The objects of all images, by the classes of a job.
 *
 * @param labels the class of the job for each class of the annotations; undefined where it has none
 * @throws DataError when boxes are shares of the image where pixels are expected
 */
export function checkObjects(
  annotations: Annotations,
  labels: readonly (number | undefined)[],
): ObjectsOfImage[] {
  checkPixels(annotations);
  let next = 1;
  return annotations.images.map((image, place) => {
    const { size } = image;
    const objects = checkImage(image, annotations).flatMap((object): KnownObject[] => {
      const label = labels[object.label];
      const id = object.id ?? next++;
      if (label === undefined) return [];
      return [{ ...object, id, label, area: object.area ?? areaOf(object, size) }];
    });
    return { id: image.id ?? place + 1, size, objects };
  });
}

function areaOf({ outline, box: [, , width, height] }: WrittenObject, size: Size): number {
  return outline ? maskArea(maskOfOutline(outline, size)) : width * height;
}

/** The objects of an image that have an area inside of it. */
function checkImage(
  { name, size, objects }: AnnotatedImage,
  { remarks }: Annotations,
): WrittenObject[] {
  const seen = new Set<string>();
  return objects.filter(({ label, box, area }) => {
    const [left, top, width, height] = box;
    const key = [label, ...box].join(' ');
    if (seen.has(key)) remarks.add('boxes that are there twice', name);
    seen.add(key);
    if (!box.every(Number.isFinite)) {
      remarks.add('boxes that are no numbers, left out', name);
      return false;
    }
    if (width <= 0 || height <= 0) {
      remarks.add('boxes of zero or negative size, left out', name);
      return false;
    }
    const isOutside =
      left >= size.width || top >= size.height || left + width <= 0 || top + height <= 0;
    if (area !== undefined && area <= 0) {
      remarks.add('objects of no area, as their file says, not learnt from', name);
    } else if (width < 1 || height < 1) {
      remarks.add('boxes less than a pixel wide or high, not learnt from', name);
    }
    if (isOutside) remarks.add('boxes outside of their image, left out', name);
    else if (isBeyond(box, size)) remarks.add('boxes that reach beyond their image, cut', name);
    return !isOutside;
  });
}

/** Whether a box reaches beyond its image by more than rounding explains. */
function isBeyond([left, top, width, height]: WrittenObject['box'], size: Size): boolean {
  return left < -1 || top < -1 || left + width > size.width + 1 || top + height > size.height + 1;
}

/** Boxes of which none reaches beyond the first pixel are shares of the sides. */
function checkPixels({ images, path, title }: Annotations): void {
  const boxes = images.flatMap(({ objects }) => objects.map(({ box }) => box));
  const isShare = (box: WrittenObject['box']) => box.every((side) => side >= 0 && side <= 1);
  if (boxes.length === 0 || !boxes.every(isShare)) return;
  throw new DataError(
    `Expected boxes in pixels in ${path} (${title}) but got numbers from 0 to 1 in all of them.\n` +
      'Multiply them by the width and the height of their images.',
  );
}
