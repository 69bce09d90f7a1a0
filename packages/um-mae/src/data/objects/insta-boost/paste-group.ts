/** Pastes a group of objects, as it lies in an image, where it moves to. */

import type { Box, RgbImage, Size } from '../../../images/geometry/resize.js';
import type { ClassMap } from '../../../images/masks/class-map.js';
import type { Bitmap } from '../outlines/bitmap.js';
import { type Backwards, backwards, boxAfter, type GroupMove } from './group-move.js';
import { feathered, type Matte } from './matte.js';
import type { ObjectGroup } from './overlap-groups.js';

/** An image that groups are cut out of, and what they are pasted on. */
export interface PastePlace {
  readonly image: RgbImage;
  /** [height, width, 3] of the same size, which is written */
  readonly canvas: Uint8Array;
  /** The class of every pixel, where it is known, before and after; `to` is written. */
  readonly classes?: { readonly from: ClassMap; readonly to: ClassMap } | undefined;
}

/**
 * Pastes a group, and moves its masks and their classes, each pixel of which shows the nearest one.
 *
 * @returns the masks of the objects, in their order; empty ones where an object has left the image
 */
export function pasteGroup(
  { objects, box }: ObjectGroup,
  move: GroupMove,
  { image, canvas, classes }: PastePlace,
): Bitmap[] {
  const masks = objects.map(({ mask }) => mask);
  const matte = feathered(masks, { box, image });
  const matrix = backwards(move);
  pasteMatte(boxAfter(matte, move, image), { matrix, matte, image, canvas });
  return masks.map((mask) => movedMask(mask, boxAfter(mask, move, image), { matrix, classes }));
}

interface Pasted {
  readonly matrix: Backwards;
  readonly matte: Matte;
  readonly image: RgbImage;
  readonly canvas: Uint8Array;
}

function pasteMatte(target: Box, { matrix, matte, image, canvas }: Pasted): void {
  eachPlace(target, matrix, (row, column, x, y) => {
    const [left, top] = [x - matte.left, y - matte.top];
    if (left < 0 || top < 0 || left >= matte.width || top >= matte.height) return;
    const share = between(matte, { numbers: matte.shares, of: 1, channel: 0 }, left, top);
    if (share === 0) return;
    const to = 3 * ((target.top + row) * image.width + target.left + column);
    for (let channel = 0; channel < 3; channel++) {
      const level = between(image, { numbers: image.data, of: 3, channel }, x, y);
      const below = canvas[to + channel] as number;
      canvas[to + channel] = Math.round(below + (level - below) * share);
    }
  });
}

/** Visits each pixel of a box, with the point of the image that its middle shows. */
function eachPlace(
  { left, top, width, height }: Box,
  [a, b, c, d, e, f]: Backwards,
  visit: (row: number, column: number, x: number, y: number) => void,
): void {
  for (let row = 0; row < height; row++) {
    const y = top + row + 0.5;
    for (let column = 0; column < width; column++) {
      const x = left + column + 0.5;
      visit(row, column, a * x + b * y + c, d * x + e * y + f);
    }
  }
}

/** One of several numbers of each pixel. */
interface Channel {
  readonly numbers: ArrayLike<number>;
  readonly of: number;
  readonly channel: number;
}

/** A number between the middles of pixels, linearly; beyond the border it is that of the border. */
function between(
  { width, height }: Size,
  { numbers, of, channel }: Channel,
  x: number,
  y: number,
): number {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [toRight, toBelow] = [x - 0.5 - left, y - 0.5 - top];
  const [first, last] = [Math.max(left, 0), Math.min(left + 1, width - 1)];
  const above = Math.max(top, 0) * width;
  const below = Math.min(top + 1, height - 1) * width;
  const pixel = (place: number) => numbers[of * place + channel] as number;
  const upper = pixel(above + first) * (1 - toRight) + pixel(above + last) * toRight;
  const lower = pixel(below + first) * (1 - toRight) + pixel(below + last) * toRight;
  return upper * (1 - toBelow) + lower * toBelow;
}

function movedMask(
  mask: Bitmap,
  target: Box,
  { matrix, classes }: Pick<Pasted, 'matrix'> & Pick<PastePlace, 'classes'>,
): Bitmap {
  const { left, top, width, height } = target;
  const pixels = new Uint8Array(width * height);
  eachPlace(target, matrix, (row, column, x, y) => {
    const [across, down] = [Math.floor(x) - mask.left, Math.floor(y) - mask.top];
    if (across < 0 || down < 0 || across >= mask.width || down >= mask.height) return;
    if (mask.pixels[down * mask.width + across] !== 1) return;
    pixels[row * width + column] = 1;
    if (!classes) return;
    const { from, to } = classes;
    to.data[(top + row) * to.width + left + column] = from.data[
      Math.floor(y) * from.width + Math.floor(x)
    ] as number;
  });
  return { left, top, width, height, pixels };
}
