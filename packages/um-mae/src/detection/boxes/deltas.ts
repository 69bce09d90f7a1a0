/**
 * Boxes as deltas of proposals: shifts of the centre by the proposal's size, and logarithms of how
 * much larger it is, each divided by its customary deviation.
 *
 * Source: Ren et al. 2015 (Faster R-CNN), arXiv:1506.01497, section 3.1.2.
 */
import { stack, type Tensor, tensor } from '@um-mae/torch';
import { boxesOf, clipBoxes, type PictureSize, sidesOf } from './corners.js';

/** Deviations of the shifts in x and y, and of the logarithms of width and height. */
export type Deviations = readonly [x: number, y: number, width: number, height: number];

export interface DecodeOptions {
  readonly deviations: Deviations;
  /** The picture that boxes are cut to. Default none. */
  readonly size?: PictureSize | undefined;
  /**
   * Whether shrinking has a limit too, as in mmdet; torchvision limits growth alone. Default true.
   */
  readonly limitsShrinking?: boolean;
}

/** A box may become 1000 / 16 times as large as its proposal. */
const mostGrowth = Math.log(1000 / 16);

/** @returns deltas [count, 4] of boxes [count, 4] */
export function encodeDeltas(proposals: Tensor, targets: Tensor, deviations: Deviations): Tensor {
  const [from, to] = [centred(proposals), centred(targets)];
  const deltas = stack(
    [
      to.x.sub(from.x).div(from.width),
      to.y.sub(from.y).div(from.height),
      to.width.div(from.width).log(),
      to.height.div(from.height).log(),
    ],
    { dim: -1 },
  );
  return deltas.div(numbers(deviations, deltas));
}

/**
 * @param proposals [count, 4]
 * @param deltas    [count, 4 * classes]
 * @returns         [count, 4 * classes]
 */
export function decodeDeltas(proposals: Tensor, deltas: Tensor, options: DecodeOptions): Tensor {
  const { deviations, size, limitsShrinking = true } = options;
  const from = centred(proposals.unsqueeze(1));
  const [count, width] = deltas.sizes(2);
  const own = deltas.view([count, width / 4, 4]).mul(numbers(deviations, deltas));
  const [x = own, y = own, wider = own, higher = own] = own.unbind({ dim: -1 });
  const limit = { max: mostGrowth, ...(limitsShrinking && { min: -mostGrowth }) };
  const [centreX, centreY] = [from.x.add(x.mul(from.width)), from.y.add(y.mul(from.height))];
  const halfWidth = from.width.mul(wider.clamp(limit).exp()).mul(0.5);
  const halfHeight = from.height.mul(higher.clamp(limit).exp()).mul(0.5);
  const boxes = boxesOf({
    left: centreX.sub(halfWidth),
    top: centreY.sub(halfHeight),
    right: centreX.add(halfWidth),
    bottom: centreY.add(halfHeight),
  });
  return (size ? clipBoxes(boxes, size) : boxes).flatten({ startDim: 1 });
}

function centred(boxes: Tensor) {
  const { left, top, right, bottom } = sidesOf(boxes);
  return {
    x: left.add(right).mul(0.5),
    y: top.add(bottom).mul(0.5),
    width: right.sub(left),
    height: bottom.sub(top),
  };
}

const numbers = (values: readonly number[], { dtype, device }: Tensor) =>
  tensor(values, { dtype, device });
