/** Masks of regions, pasted where the regions lie in a picture. */
import { arange, stack } from '../generated/operators.js';
import { hasKernel } from '../tensor/kernels.js';
import { callOperator } from '../tensor/operator.js';
import type { Tensor } from '../tensor/tensor.js';

export interface PasteOptions {
  readonly height: number;
  readonly width: number;
  /** With it the result is bool: where the probability reaches it. */
  readonly threshold?: number | undefined;
}

/**
 * Looks every pixel of a picture up where its centre falls on a mask, bilinearly, zero beyond the
 * mask. A region without extent has no pixel.
 *
 * @param masks [count, rows, columns] probabilities
 * @param boxes [count, 4] as x1, y1, x2, y2 in pixels of the picture
 * @returns     [count, height, width]
 */
export function pasteMasks(masks: Tensor, boxes: Tensor, options: PasteOptions): Tensor {
  const { height, width, threshold } = options;
  if (hasKernel('um::paste_masks', masks, boxes))
    return callOperator('um::paste_masks', masks, boxes, height, width, threshold) as Tensor;
  const pasted = composedPaste(masks, boxes, height, width);
  return threshold === undefined ? pasted : pasted.ge(threshold);
}

/** Computes all pixels, not only those that a mask reaches, by libtorch's operators. */
function composedPaste(masks: Tensor, boxes: Tensor, height: number, width: number): Tensor {
  const [left, top, right, bottom] = boxes.unsqueeze(2).unbind({ dim: 1 }) as Four;
  const across = placesOn(left, right, width);
  const down = placesOn(top, bottom, height);
  const [count] = masks.sizes(3);
  const shape = [count, height, width];
  const grid = stack([across.unsqueeze(1).expand(shape), down.unsqueeze(2).expand(shape)], {
    dim: 3,
  });
  // Bilinear, zero outside, corners not aligned.
  const pasted = callOperator('aten::grid_sampler', masks.unsqueeze(1), grid, 0, 0, false);
  return (pasted as Tensor).squeeze(1);
}

type Four = [Tensor, Tensor, Tensor, Tensor];

/**
 * Places the centres of pixels between -1 and 1 of each region; far outside of one without extent.
 */
function placesOn(begin: Tensor, end: Tensor, pixels: number): Tensor {
  const centres = arange(0, pixels, { dtype: begin.dtype, device: begin.device }).add(0.5);
  const places = centres.sub(begin).div(end.sub(begin)).mul(2).sub(1);
  return places.maskedFill(places.isfinite().logicalNot(), -9);
}
