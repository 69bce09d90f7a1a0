/** Sizes of images that a network takes. */
import { UmMaeError } from '../errors.js';
import type { ImageSize } from './backbone.js';

/** @throws UmMaeError unless multiples of these pixels make up the image */
export function checkImageSize(
  { height, width }: ImageSize,
  multiple: readonly [height: number, width: number],
): void {
  if (height > 0 && width > 0 && height % multiple[0] === 0 && width % multiple[1] === 0) return;
  const [rows, columns] = multiple;
  const neighbour = (round: (parts: number) => number) =>
    `${Math.max(1, round(height / rows)) * rows}x${Math.max(1, round(width / columns)) * columns}`;
  const [smaller, larger] = [neighbour(Math.floor), neighbour(Math.ceil)];
  const nearest = smaller === larger ? `is ${smaller}` : `are ${smaller} and ${larger}`;
  const pixels = multiple[0] === multiple[1] ? multiple[0] : multiple.join('x');
  throw new UmMaeError(
    'image-size',
    `Expected an image size that is a multiple of ${pixels} pixels but got ${height}x${width}; the nearest ${nearest}.`,
  );
}
