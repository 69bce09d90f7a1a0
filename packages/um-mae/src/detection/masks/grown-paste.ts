/**
 * Pasting of masks as torchvision's Mask R-CNN does it: with a pixel of zeros around the mask, into
 * the box grown as much, whose corners are whole pixels.
 */
import { callOperator, cat, type Tensor, zeros } from '@um-mae/torch';

/**
 * @param masks [count, side, side] probabilities
 * @param boxes [count, 4] as x1, y1, x2, y2 in pixels of the picture
 * @returns     [count, height, width]
 */
export function pasteGrown(
  masks: Tensor,
  boxes: Tensor,
  { height, width }: { readonly height: number; readonly width: number },
): Tensor {
  const [count, side] = masks.sizes(3);
  const padded = masks.unsqueeze(1).constantPadNd([1, 1, 1, 1]);
  const corners = wholeCorners(boxes, (side + 2) / side);
  const pasted = zeros([count, height, width], { dtype: masks.dtype, device: masks.device });
  for (const [i, { left, top, right, bottom }] of corners.entries()) {
    const size = [Math.max(bottom - top + 1, 1), Math.max(right - left + 1, 1)];
    const mask = padded.narrow(0, i, 1);
    const resized = callOperator('aten::upsample_bilinear2d', mask, size, false) as Tensor;
    const [first, last] = [Math.max(left, 0), Math.min(right + 1, width)];
    const [upper, lower] = [Math.max(top, 0), Math.min(bottom + 1, height)];
    if (first >= last || upper >= lower) continue;
    const inside = resized
      .narrow(2, upper - top, lower - upper)
      .narrow(3, first - left, last - first);
    pasted
      .select(0, i)
      .narrow(0, upper, lower - upper)
      .narrow(1, first, last - first)
      .copy_(inside.view([lower - upper, last - first]));
  }
  return pasted;
}

interface Corners {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Boxes grown about their centres, cut to whole pixels towards zero. */
function wholeCorners(boxes: Tensor, growth: number): readonly Corners[] {
  const [first, last] = boxes.split(2, { dim: 1 }) as [Tensor, Tensor];
  const centre = first.add(last).mul(0.5);
  const half = last.sub(first).mul(0.5).mul(growth);
  const grown = cat([centre.sub(half), centre.add(half)], { dim: 1 });
  return grown.unbind().map((box) => {
    const [left, top, right, bottom] = [...box.toArray()].map((side) => Math.trunc(Number(side)));
    return { left, top, right, bottom } as Corners;
  });
}
