/**
 * The targets of a mask head: the bitmap of an object, in the region that was found.
 *
 * Source: He et al. 2017 (Mask R-CNN), arXiv:1703.06870, section 3; two definitions.
 */
import { cat, type Tensor } from '@um-mae/torch';
import { roiAlign } from '@um-mae/torch/vision';

export interface MaskTargetOptions {
  /** Rows and columns of a target. */
  readonly side: number;
  /** [count] i64: the object of each region. */
  readonly objects: Tensor;
}

/**
 * Shares of the bins of a region that the object covers, as mmdet computes them: of the region
 * clipped to the bitmap, aligned. The target is where the share is a half or more.
 *
 * @param bitmaps [objects, height, width], 0 or 1
 * @param boxes   [count, 4] in pixels of the bitmaps
 * @returns       [count, side, side]
 */
export function maskShares(bitmaps: Tensor, boxes: Tensor, options: MaskTargetOptions): Tensor {
  const [, height, width] = bitmaps.sizes(3);
  const [left, top, right, bottom] = boxes.split(1, { dim: 1 }) as [Tensor, Tensor, Tensor, Tensor];
  const across = (side: Tensor) => side.clamp({ min: 0, max: width });
  const down = (side: Tensor) => side.clamp({ min: 0, max: height });
  const clipped = cat([across(left), down(top), across(right), down(bottom)], { dim: 1 });
  return read(bitmaps, clipped, { ...options, aligned: true });
}

/** The soft targets of torchvision: of the whole region, not aligned, without a threshold. */
export function softMaskTargets(
  bitmaps: Tensor,
  boxes: Tensor,
  options: MaskTargetOptions,
): Tensor {
  return read(bitmaps, boxes, { ...options, aligned: false });
}

function read(
  bitmaps: Tensor,
  boxes: Tensor,
  { side, objects, aligned }: MaskTargetOptions & { readonly aligned: boolean },
): Tensor {
  const rois = cat([objects.to(boxes.dtype).unsqueeze(1), boxes], { dim: 1 });
  const maps = [bitmaps.to(boxes.dtype).unsqueeze(1)];
  return roiAlign(maps, rois, { bins: [side, side], strides: [1], samples: 0, aligned }).squeeze(1);
}
