/** Maps of regions, each read from the level of a pyramid that suits its size. */
import { cat, type Tensor, zeros } from '@um-mae/torch';
import { roiAlign } from '@um-mae/torch/vision';
import { sidesOf } from '../boxes/corners.js';

/** Pixels of the image to a place of the levels that regions are read from. */
export const roiStrides: readonly number[] = [4, 8, 16, 32];

/** Regions of sides up to twice as many pixels are read from the finest level. */
const finestSide = 56;

/** The level of each region, from 0. @param boxes [count, 4] @returns [count] i64 */
export function roiLevels(boxes: Tensor): Tensor {
  const { left, top, right, bottom } = sidesOf(boxes);
  const side = right.sub(left).mul(bottom.sub(top)).sqrt();
  const levels = side.div(finestSide).add(1e-6).log().div(Math.LN2).floor();
  return levels.clamp({ min: 0, max: roiStrides.length - 1 }).to('i64');
}

/**
 * @param levels [batch, channels, height, width] each, from the finest on; coarser ones are not
 *   read
 * @param rois   [count, 5] as image, x1, y1, x2, y2
 * @param side   rows and columns of the result
 * @returns      [count, channels, side, side]
 */
export function roiFeatures(levels: readonly Tensor[], rois: Tensor, side: number): Tensor {
  return roiAlign(levels.slice(0, roiStrides.length), rois, {
    bins: [side, side],
    strides: roiStrides,
    levels: roiLevels(rois.narrow(1, 1, 4)),
  });
}

/** Regions of a batch: the place of its image before each box. @returns [count, 5] */
export function roisOf(boxes: readonly Tensor[]): Tensor {
  return cat(
    boxes.map((own, image) => {
      const [count] = own.sizes(2);
      const place = zeros([count, 1], { dtype: own.dtype, device: own.device }).add(image);
      return cat([place, own], { dim: 1 });
    }),
  );
}
