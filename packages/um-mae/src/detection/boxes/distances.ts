/** Boxes as distances of a point inside from the left, the top, the right and the bottom. */
import { type Tensor, zerosLike } from '@um-mae/torch';
import { boxesOf, clipBoxes, type PictureSize, sidesOf } from './corners.js';

/** @param points [..., 2] @param distances [..., 4] @returns boxes [..., 4] */
export function decodeDistances(points: Tensor, distances: Tensor, size?: PictureSize): Tensor {
  const [x = points, y = points] = points.unbind({ dim: -1 });
  const { left, top, right, bottom } = sidesOf(distances);
  const boxes = boxesOf({
    left: x.sub(left),
    top: y.sub(top),
    right: x.add(right),
    bottom: y.add(bottom),
  });
  return size ? clipBoxes(boxes, size) : boxes;
}

/** @param most the limit of a distance; the least is 0  @returns [..., 4] of boxes [..., 4] */
export function encodeDistances(points: Tensor, boxes: Tensor, most: number): Tensor {
  const [x = points, y = points] = points.unbind({ dim: -1 });
  const { left, top, right, bottom } = sidesOf(boxes);
  const distances = boxesOf({
    left: x.sub(left),
    top: y.sub(top),
    right: right.sub(x),
    bottom: bottom.sub(y),
  });
  return distances.clamp({ min: 0, max: most });
}

/** The centres of boxes. @returns [..., 2] of boxes [..., 4] */
export function centresOf(boxes: Tensor): Tensor {
  const [first = zerosLike(boxes), last = first] = boxes.split(2, { dim: -1 });
  return first.add(last).mul(0.5);
}
