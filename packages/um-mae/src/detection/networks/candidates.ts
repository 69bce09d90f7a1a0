/** All predictions of a detector for a batch, before any is dropped: what its graphs compute. */
import type { Tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import { decodeDeltas } from '../boxes/deltas.js';
import { centresOf, decodeDistances } from '../boxes/distances.js';
import type { GflFeatures } from './gfl/gfl.js';
import { expectedBin } from './gfl/gfl-loss.js';
import type { MaskRcnn, RcnnFeatures } from './mask-rcnn.js';
import { proposalDeviations } from './proposals/rpn-loss.js';
import { anchorRows } from './pyramid/pyramid-anchors.js';
import { roisOf } from './regions/roi-features.js';
import type { RoiSource } from './regions/roi-heads.js';

/** Boxes in pixels of the input, not cut to it, with their scores. */
export interface ScoredPlaces {
  /** [batch, places, 4] */
  readonly boxes: Tensor;
  /** [batch, places, classes], or [batch, places] */
  readonly scores: Tensor;
}

export function gflCandidates({ scores, distances, anchors }: GflFeatures): ScoredPlaces {
  const logits = anchorRows(distances, 1);
  const [batch, places, channels] = logits.sizes(3);
  const steps = expectedBin(logits.view([batch, places, 4, channels / 4]));
  return {
    boxes: decodeDistances(centresOf(anchors.boxes), steps.mul(anchors.strides.unsqueeze(1))),
    scores: anchorRows(scores, 1).sigmoid(),
  };
}

export function proposalCandidates({ predictions, anchors }: RcnnFeatures): ScoredPlaces {
  const { ofPlace } = anchors;
  const deltas = anchorRows(predictions.deltas, ofPlace);
  const [batch, places] = deltas.sizes(3);
  const boxes = decodeDeltas(
    anchors.boxes.repeat([batch, 1]),
    deltas.reshape([batch * places, 4]),
    { deviations: proposalDeviations },
  );
  return {
    boxes: boxes.view([batch, places, 4]),
    scores: anchorRows(predictions.scores, ofPlace).squeeze(2).sigmoid(),
  };
}

/** Regions of a picture, and the maps that they are read from. */
interface ReadRegions extends RoiSource {
  /** [regions, 4] */
  readonly regions: Tensor;
}

/** The answers of a stage for regions, before any is dropped. */
export interface StageCandidates {
  /** [regions, classes, 4], or [regions, 1, 4] for all classes */
  readonly boxes: Tensor;
  /** [regions, classes + 1] */
  readonly logits: Tensor;
}

export function stageCandidates(
  model: MaskRcnn,
  stage: number,
  { regions, ...source }: ReadRegions,
): StageCandidates {
  const { scores: logits, deltas } = model.roi_head.boxes(stage, source, roisOf([regions]));
  const { deviations } = at(model.rules.stages, stage);
  const [count, width] = deltas.sizes(2);
  const boxes = decodeDeltas(regions, deltas, { deviations });
  return { boxes: boxes.view([count, width / 4, 4]), logits };
}

/** Those of the only stage: boxes [regions, classes, 4] and scores [regions, classes]. */
export function boxCandidates(model: MaskRcnn, read: ReadRegions): ScoredPlaces {
  const { boxes, logits } = stageCandidates(model, 0, read);
  return { boxes, scores: logits.softmax(1).narrow(1, 0, model.classes) };
}

/** Probabilities of masks of every class [regions, classes, rows, columns]. */
export function maskCandidates(model: MaskRcnn, { regions, ...source }: ReadRegions): Tensor {
  return model.roi_head.allMasks(source, roisOf([regions]));
}
