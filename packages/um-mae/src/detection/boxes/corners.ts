/** Boxes by their corners, `x1, y1, x2, y2` in pixels, continuous: the width is `x2 - x1`. */
import { stack, type Tensor } from '@um-mae/torch';

/** The sides of boxes, each [...]. */
export interface Sides {
  readonly left: Tensor;
  readonly top: Tensor;
  readonly right: Tensor;
  readonly bottom: Tensor;
}

/** The size of a picture in pixels. */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
}

/** @param boxes [..., 4] */
export function sidesOf(boxes: Tensor): Sides {
  const [left = boxes, top = boxes, right = boxes, bottom = boxes] = boxes.unbind({ dim: -1 });
  return { left, top, right, bottom };
}

/** @returns [..., 4] */
export function boxesOf({ left, top, right, bottom }: Sides): Tensor {
  return stack([left, top, right, bottom], { dim: -1 });
}

/** Boxes cut to a picture. @param boxes [..., 4] */
export function clipBoxes(boxes: Tensor, { height, width }: PictureSize): Tensor {
  const { left, top, right, bottom } = sidesOf(boxes);
  const across = (side: Tensor) => side.clamp({ min: 0, max: width });
  const down = (side: Tensor) => side.clamp({ min: 0, max: height });
  return boxesOf({
    left: across(left),
    top: down(top),
    right: across(right),
    bottom: down(bottom),
  });
}
