/** All predictions of a detector for a batch, before any is dropped: what its graphs compute. */
import type { Tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import { decodeDeltas } from '../boxes/deltas.js';
import { centresOf, decodeDistances } from '../boxes/distances.js';
import type { GflFeatures } from './gfl.js';
import { expectedBin } from './gfl-loss.js';
import type { MaskRcnn, RcnnFeatures } from './mask-rcnn.js';
import { anchorRows } from './pyramid-anchors.js';
import { roiFeatures, roisOf } from './roi-features.js';
import { boxDeviations } from './roi-targets.js';
import { proposalDeviations } from './rpn-loss.js';

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

/** A region of a picture's levels, and where those are read. */
interface ReadRegions {
  /** [1, channels, rows, columns] each */
  readonly levels: readonly Tensor[];
  /** [regions, 4] */
  readonly regions: Tensor;
}

/** @returns boxes [regions, classes, 4] and scores [regions, classes] */
export function boxCandidates(model: MaskRcnn, { levels, regions }: ReadRegions): ScoredPlaces {
  const { sides, classes, backbone } = model;
  const reading = { side: sides.box, strides: backbone.strides };
  const features = roiFeatures(levels, roisOf([regions]), reading);
  const { scores, deltas } = model.roi_head.bbox_head.forward(features);
  const boxes = decodeDeltas(regions, deltas, { deviations: boxDeviations });
  return {
    boxes: boxes.view([-1, classes, 4]),
    scores: scores.softmax(1).narrow(1, 0, classes),
  };
}

/** Probabilities of masks of every class [regions, classes, rows, columns]. */
export function maskCandidates(model: MaskRcnn, { levels, regions }: ReadRegions): Tensor {
  const { mask_head: head } = model.roi_head;
  const reading = { side: model.sides.mask, strides: model.backbone.strides };
  const features = roiFeatures(levels, roisOf([regions]), reading);
  return head ? head.forward(features).sigmoid() : at(levels, 0);
}
