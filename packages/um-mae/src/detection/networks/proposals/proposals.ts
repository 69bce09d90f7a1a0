/** The boxes that region proposals hand to the heads. */
import { callOperator, cat, noGrad, type Tensor } from '@um-mae/torch';
import { nms } from '@um-mae/torch/vision';
import { type PictureSize, sidesOf } from '../../boxes/corners.js';
import { decodeDeltas } from '../../boxes/deltas.js';
import { anchorRows, anchorsOf, type PyramidAnchors } from '../pyramid/pyramid-anchors.js';
import type { RpnPredictions } from './rpn-head.js';
import { proposalDeviations } from './rpn-loss.js';

/** The overlap from which on proposals suppress each other, unless told otherwise. */
export const proposalOverlap = 0.7;

export interface ProposalOptions {
  /** Anchors of each level that are looked at, by their scores. */
  readonly mostOfLevel: number;
  /** Proposals of an image. */
  readonly most: number;
  /** Overlap from which on proposals of one level suppress each other. Default 0.7. */
  readonly threshold?: number;
}

/** Proposals of an image, best first; they carry no gradient. */
export interface Proposals {
  /** [proposals, 4] in pixels of the resized picture */
  readonly boxes: Tensor;
  /** [proposals], from 0 to 1 */
  readonly scores: Tensor;
}

/** @param image its place in the batch, and its size without padding */
export function proposals(
  { scores, deltas }: RpnPredictions,
  anchors: PyramidAnchors,
  image: { readonly place: number; readonly size: PictureSize },
  { mostOfLevel, most, threshold = proposalOverlap }: ProposalOptions,
): Proposals {
  return noGrad(() => {
    const rows = (maps: readonly Tensor[]) =>
      anchorRows(maps, anchors.ofPlace).select(0, image.place);
    const all = rows(scores).squeeze(1).sigmoid();
    const places = bestPlaces(all, anchors, mostOfLevel);
    const moves = rows(deltas).indexSelect(0, places);
    const options = { deviations: proposalDeviations, size: image.size };
    const boxes = decodeDeltas(anchors.boxes.indexSelect(0, places), moves, options);
    const { left, top, right, bottom } = sidesOf(boxes);
    const real = right.sub(left).gt(0).logicalAnd(bottom.sub(top).gt(0)).nonzero().flatten();
    const own = places.indexSelect(0, real);
    const found = { boxes: boxes.indexSelect(0, real), scores: all.indexSelect(0, own) };
    const labels = anchors.levels.indexSelect(0, own);
    const kept = nms(found.boxes, found.scores, { threshold, labels }).slice({ end: most });
    return { boxes: found.boxes.indexSelect(0, kept), scores: found.scores.indexSelect(0, kept) };
  });
}

/** The anchors of the best scores of each level; equal scores in the order of anchors. */
function bestPlaces(scores: Tensor, { grids, ofPlace }: PyramidAnchors, most: number): Tensor {
  let first = 0;
  const levels = grids.map((grid) => {
    const count = anchorsOf(grid, ofPlace);
    const own = scores.narrow(0, first, count);
    const [, order] = callOperator('aten::sort.stable', own, true, 0, true) as [Tensor, Tensor];
    const places = order.slice({ end: most }).add(first);
    first += count;
    return places;
  });
  return cat(levels);
}
