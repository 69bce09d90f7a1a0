/** Masks of single objects, as bitmaps of the part of an image that they lie in. */

import { polygonMask } from '../../../detection/run-lengths/polygon.js';
import { maskBox, type RunLengths } from '../../../detection/run-lengths/run-lengths.js';
import type { Box, Size } from '../../../images/geometry/resize.js';
import type { Outline } from '../known-objects.js';

/** Pixels of an object; all those of the image outside of the bitmap are outside of the object. */
export interface Bitmap extends Box {
  /** [height, width], 1 = inside */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/**
 * The outline as run lengths over the whole image, drawn as COCO's tools draw it.
 *
 * @throws UmMaeError when run lengths are those of an image of another size
 */
export function maskOfOutline(outline: Outline, size: Size): RunLengths {
  return outline.kind === 'polygons' ? polygonMask(outline.polygons, size) : outline.mask;
}

/** The smallest bitmap of a mask; without pixels where the mask is empty. */
export function bitmapOf(mask: RunLengths): Bitmap {
  const [left, top, width, height] = maskBox(mask);
  const pixels = new Uint8Array(width * height);
  let place = 0;
  for (const [i, count] of mask.counts.entries()) {
    const end = place + count;
    if (i % 2 === 1) fillRun({ left, top, width, height, pixels }, [place, end], mask.height);
    place = end;
  }
  return { left, top, width, height, pixels };
}

/** Fills the pixels between two places of an image, counted down its columns. */
function fillRun(
  { left, top, width, pixels }: Bitmap,
  [begin, end]: readonly [number, number],
  rows: number,
): void {
  for (let place = begin; place < end; ) {
    const column = Math.floor(place / rows);
    const last = Math.min(end, (column + 1) * rows);
    let to = (place - column * rows - top) * width + column - left;
    for (; place < last; place++, to += width) pixels[to] = 1;
  }
}

/** The bitmap as run lengths over a whole image that it lies in. */
export function maskOfBitmap({ left, top, width, height, pixels }: Bitmap, size: Size): RunLengths {
  const counts: number[] = [];
  let end = 0;
  for (let column = 0; column < width; column++) {
    const first = (left + column) * size.height + top;
    for (let row = 0; row < height; row++) {
      if (pixels[row * width + column] === 0) continue;
      const place = first + row;
      if (place > end || counts.length === 0) counts.push(place - end, 0);
      counts.push((counts.pop() as number) + 1);
      end = place + 1;
    }
  }
  const rest = size.width * size.height - end;
  if (rest > 0) counts.push(rest);
  return { height: size.height, width: size.width, counts: Uint32Array.from(counts) };
}

/** The columns and rows of an image that a sample shows, before it is mirrored. */
export interface ShownPlaces {
  /** [columns of the sample], never falling */
  readonly columns: Int32Array;
  /** [rows of the sample], never falling */
  readonly rows: Int32Array;
}

/** A bitmap in a sample of its image: each pixel shows one of the bitmap. */
export function sampleBitmap(
  bitmap: Bitmap,
  { columns, rows }: ShownPlaces,
  { mirrored }: { readonly mirrored: boolean },
): Bitmap {
  const [first, last] = between(columns, bitmap.left, bitmap.left + bitmap.width);
  const [highest, lowest] = between(rows, bitmap.top, bitmap.top + bitmap.height);
  const [width, height] = [last - first, lowest - highest];
  const left = mirrored ? columns.length - last : first;
  const pixels = new Uint8Array(width * height);
  for (let row = 0, to = 0; row < height; row++) {
    const start = ((rows[highest + row] as number) - bitmap.top) * bitmap.width - bitmap.left;
    for (let column = 0; column < width; column++, to++) {
      const from = mirrored ? last - 1 - column : first + column;
      pixels[to] = bitmap.pixels[start + (columns[from] as number)] as number;
    }
  }
  return { left, top: highest, width, height, pixels };
}

/** The first place that is not below `low`, and the first that is not below `high`. */
function between(places: Int32Array, low: number, high: number): [number, number] {
  return [firstFrom(places, low), firstFrom(places, high)];
}

function firstFrom(places: Int32Array, least: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The corners of the box around the pixels inside; undefined where none is. */
export function cornersOfBitmap({
  left,
  top,
  width,
  height,
  pixels,
}: Bitmap): [number, number, number, number] | undefined {
  let [first, highest, last, lowest] = [width, height, -1, -1];
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      if (pixels[at] === 0) continue;
      first = Math.min(first, column);
      last = Math.max(last, column);
      highest = Math.min(highest, row);
      lowest = row;
    }
  }
  if (last < 0) return undefined;
  return [left + first, top + highest, left + last + 1, top + lowest + 1];
}
