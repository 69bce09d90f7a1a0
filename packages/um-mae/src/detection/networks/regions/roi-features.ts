/** Maps of regions, each read from the level of a pyramid that suits its size. */
import { cat, type Tensor, zeros } from '@um-mae/torch';
import { roiAlign } from '@um-mae/torch/vision';
import { at } from '../../../at.js';
import { sidesOf } from '../../boxes/corners.js';

/** Pixels of the image to a place of the levels that regions are read from, as published. */
export const roiStrides: readonly number[] = [4, 8, 16, 32];

/** Regions of sides up to twice as many places are read from the finest level. */
const finestPlaces = 14;

/**
 * The level of each region, from 0.
 *
 * @param boxes   [count, 4]
 * @param strides of the levels, each twice that of the one before
 * @returns       [count] i64
 */
export function roiLevels(boxes: Tensor, strides = roiStrides): Tensor {
  const { left, top, right, bottom } = sidesOf(boxes);
  const side = right.sub(left).mul(bottom.sub(top)).sqrt();
  const finestSide = finestPlaces * at(strides, 0);
  const levels = side.div(finestSide).add(1e-6).log().div(Math.LN2).floor();
  return levels.clamp({ min: 0, max: strides.length - 1 }).to('i64');
}

/** The maps that regions become. */
export interface RoiFeatureOptions {
  /** Rows and columns. */
  readonly side: number;
  /** Strides of the levels that regions are read from. */
  readonly strides: readonly number[];
}

/**
 * @param levels [batch, channels, height, width] each, from the finest on; coarser ones are not
 *   read
 * @param rois   [count, 5] as image, x1, y1, x2, y2
 * @returns      [count, channels, side, side]
 */
export function roiFeatures(
  levels: readonly Tensor[],
  rois: Tensor,
  { side, strides }: RoiFeatureOptions,
): Tensor {
  return roiAlign(levels.slice(0, strides.length), rois, {
    bins: [side, side],
    strides,
    levels: roiLevels(rois.narrow(1, 1, 4), strides),
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
