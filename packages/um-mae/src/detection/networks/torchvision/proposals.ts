/** Region proposals as torchvision makes them and learns them. */
import { binaryCrossEntropyWithLogits, cat, fullLike, noGrad, type Tensor } from '@um-mae/torch';
import { reductions } from '@um-mae/torch/nn';
import { nms } from '@um-mae/torch/vision';
import { matchPlainly } from '../../assignment/plain-matcher.js';
import { type Sampler, type SampleSize, sample } from '../../assignment/sampling.js';
import { type PictureSize, sidesOf } from '../../boxes/corners.js';
import { decodeDeltas, encodeDeltas } from '../../boxes/deltas.js';
import { smoothL1 } from '../../losses/regression.js';
import type { Proposals } from '../proposals/proposals.js';
import type { RpnPredictions } from '../proposals/rpn-head.js';
import { proposalDeviations as deviations } from '../proposals/rpn-loss.js';
import { anchorRows } from '../pyramid/pyramid-anchors.js';

export interface PlainProposalOptions {
  /** Anchors of each level that are looked at, by their scores. */
  readonly mostOfLevel: number;
  /** Proposals of an image. */
  readonly most: number;
}

/** Anchors of one place. */
const ofPlace = 3;

/** The least side of a proposal in pixels. */
const leastSide = 1e-3;

/** @param anchors [anchors, 4] of each level  @param image its place in the batch, and its size */
export function proposePlainly(
  { scores, deltas }: RpnPredictions,
  anchors: readonly Tensor[],
  image: { readonly place: number; readonly size: PictureSize },
  { mostOfLevel, most }: PlainProposalOptions,
): Proposals {
  return noGrad(() => {
    const levels = anchors.map((own, level) => {
      const rows = (maps: readonly Tensor[]) =>
        anchorRows(maps.slice(level, level + 1), ofPlace).select(0, image.place);
      const logits = rows(scores).squeeze(1);
      const [best, places] = logits.topk(Math.min(mostOfLevel, logits.elements));
      const moves = rows(deltas).indexSelect(0, places);
      const options = { deviations, size: image.size, limitsShrinking: false };
      const boxes = decodeDeltas(own.indexSelect(0, places), moves, options);
      return { boxes, scores: best.sigmoid(), labels: fullLike(places, level) };
    });
    const boxes = cat(levels.map((level) => level.boxes));
    const { left, top, right, bottom } = sidesOf(boxes);
    const isReal = right.sub(left).ge(leastSide).logicalAnd(bottom.sub(top).ge(leastSide));
    const real = isReal.nonzero().flatten();
    const own = boxes.indexSelect(0, real);
    const likely = cat(levels.map((level) => level.scores)).indexSelect(0, real);
    const labels = cat(levels.map((level) => level.labels)).indexSelect(0, real);
    const kept = nms(own, likely, { threshold: 0.7, labels }).slice({ end: most });
    return { boxes: own.indexSelect(0, kept), scores: likely.indexSelect(0, kept) };
  });
}

/** Losses of a batch, each a number: both are divided by the number of all drawn anchors. */
export function plainRpnLosses(
  { scores, deltas }: RpnPredictions,
  anchors: readonly Tensor[],
  images: readonly { readonly boxes: Tensor }[],
  { sampler, size }: { readonly sampler: Sampler; readonly size: SampleSize },
) {
  const all = cat(anchors);
  const [logits, moves] = [anchorRows(scores, ofPlace), anchorRows(deltas, ofPlace)];
  const rule = { positive: 0.7, negative: 0.3, keepsBest: true };
  const terms = images.map(({ boxes }, i) => {
    const matched = matchPlainly(all, boxes, rule);
    const { positive, negative } = sample({ assigned: matched.add(1) }, size, sampler);
    const places = cat([positive, negative]);
    const own = logits.select(0, i).squeeze(1).indexSelect(0, places);
    const goals = own.detach().mul(0);
    goals.slice({ end: positive.elements }).fill_(1);
    const there = boxes.indexSelect(0, matched.indexSelect(0, positive));
    const targets = encodeDeltas(all.indexSelect(0, positive), there, deviations);
    const moved = moves.select(0, i).indexSelect(0, positive);
    return {
      entropy: binaryCrossEntropyWithLogits(own, goals, { reduction: reductions.none }).sum(),
      distance: smoothL1(moved, targets, 1 / 9).sum(),
      drawn: places.elements,
    };
  });
  const drawn = terms.reduce((sum, term) => sum + term.drawn, 0);
  const mean = (parts: readonly Tensor[]) => parts.reduce((sum, part) => sum.add(part)).div(drawn);
  return {
    classification: mean(terms.map(({ entropy }) => entropy)),
    boxes: mean(terms.map(({ distance }) => distance)),
  };
}
