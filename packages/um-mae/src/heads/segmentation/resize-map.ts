import { type Tensor, upsampleBilinear2d } from '@um-mae/torch';

/**
 * Resizes maps bilinearly, without antialiasing.
 *
 * @param x [batch, channels, h, w]
 * @param size height and width of the result
 * @param alignCorners whether the centres of the corners stay where they are, not the outer edges
 * @returns [batch, channels, height, width]
 */
export function resizeMap(
  x: Tensor,
  size: readonly [height: number, width: number],
  alignCorners = false,
): Tensor {
  const [, , height, width] = x.sizes(4);
  if (height === size[0] && width === size[1]) return x;
  return upsampleBilinear2d(x, size, alignCorners);
}
