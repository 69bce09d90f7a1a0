/** Sizes of images that a network takes. */
import { UmMaeError } from '../errors.js';
import type { ImageSize } from './backbone.js';

/** @throws UmMaeError unless multiples of these pixels make up the image */
export function checkImageSize(
  { height, width }: ImageSize,
  multiple: readonly [height: number, width: number],
): void {
  if (height > 0 && width > 0 && height % multiple[0] === 0 && width % multiple[1] === 0) return;
  const nearest = (length: number, of: number) => Math.max(1, Math.round(length / of)) * of;
  const pixels = multiple[0] === multiple[1] ? multiple[0] : multiple.join('x');
  throw new UmMaeError(
    'image-size',
    `Expected an image size that is a multiple of ${pixels} pixels but got ${height}x${width}; the nearest is ${nearest(height, multiple[0])}x${nearest(width, multiple[1])}.`,
  );
}
