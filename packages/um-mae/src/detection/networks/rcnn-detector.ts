/** Mask R-CNN, or Faster R-CNN without outlines, with the numbers by which it is used. */
import type { Module } from '@um-mae/torch/nn';
import type { Backbone } from '../../backbones/backbone.js';
import type { Sampler, SampleSize } from '../assignment/sampling.js';
import type { ClassBoxesOptions, Detections, SuppressionOptions } from '../boxes/class-boxes.js';
import type { Detector, DetectorLosses, ShownPicture } from './detector.js';
import type { OutlinedObjects } from './image-objects.js';
import { MaskRcnn, type MaskRcnnOptions, type RcnnFeatures } from './mask-rcnn.js';
import type { ProposalOptions } from './proposals.js';

/** The numbers of anchors, proposals and regions that are learnt from and looked at. */
export interface RcnnUse {
  readonly anchors: SampleSize;
  readonly regions: SampleSize;
  readonly trainedProposals: ProposalOptions;
  readonly shownProposals: ProposalOptions;
  readonly boxes: ClassBoxesOptions;
}

/** A detector of two stages in use. */
export class RcnnDetector extends MaskRcnn implements Detector<RcnnFeatures> {
  readonly #use: RcnnUse;

  constructor({ use, ...options }: MaskRcnnOptions & { readonly use: RcnnUse }) {
    super(options);
    this.#use = use;
  }

  /** Tensors of the backbone have no prefix, as in every network on one. */
  override *children(): ReturnType<Module['children']> {
    for (const [name, child] of super.children()) {
      yield [child === this.backbone ? '' : name, child];
    }
  }

  get encoder(): Backbone {
    return this.backbone.encoder;
  }

  get hasMasks(): boolean {
    return this.roi_head.mask_head !== undefined;
  }

  learn(
    features: RcnnFeatures,
    objects: readonly OutlinedObjects[],
    sampler: Sampler,
  ): DetectorLosses {
    const { anchors, regions, trainedProposals } = this.#use;
    const { proposals, classification, boxes, masks } = this.losses(features, objects, {
      anchors: { sampler, size: anchors },
      proposals: trainedProposals,
      regions: { sampler, size: regions },
    });
    return {
      proposalScores: proposals.classification.sum(),
      proposalBoxes: proposals.boxes.sum(),
      classes: classification,
      boxes,
      ...(masks && { masks }),
    };
  }

  find(
    features: RcnnFeatures,
    picture: ShownPicture,
    suppression: Partial<SuppressionOptions> = {},
  ): Detections {
    const { shownProposals: proposals, boxes } = this.#use;
    return this.detect(features, picture, { proposals, boxes: { ...boxes, ...suppression } });
  }
}
