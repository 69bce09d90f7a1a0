/** Detectors of two stages and their cascades, with the numbers by which they are used. */
import type { Tensor } from '@um-mae/torch';
import type { Module } from '@um-mae/torch/nn';
import { at } from '../../at.js';
import type { Backbone } from '../../backbones/backbone.js';
import type { SampleSize } from '../assignment/sampling.js';
import type { ClassBoxesOptions, Detections, SuppressionOptions } from '../boxes/class-boxes.js';
import type { Detector, DetectorLosses, LearningRules, ShownPicture } from './detector.js';
import type { OutlinedObjects } from './image-objects.js';
import { MaskRcnn, type MaskRcnnOptions, type RcnnFeatures } from './mask-rcnn.js';
import type { ProposalOptions } from './proposals/proposals.js';
import type { RpnLossOptions } from './proposals/rpn-loss.js';

/** The numbers of anchors, proposals and regions that are learnt from and looked at. */
export interface RcnnUse {
  readonly anchors: Omit<RpnLossOptions, 'sampler'>;
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
    { sampler, divisor }: LearningRules,
  ): DetectorLosses {
    const { anchors, regions, trainedProposals } = this.#use;
    const { proposals, stages, semantic } = this.losses(features, objects, {
      anchors: { sampler, divisor, ...anchors },
      proposals: trainedProposals,
      regions: { sampler, size: regions, divisor },
    });
    const weighted = (losses: readonly Tensor[]) =>
      losses
        .map((loss, k) => loss.mul(at(this.rules.stages, k).weight))
        .reduce((sum, loss) => sum.add(loss));
    return {
      proposalScores: proposals.classification.sum(),
      proposalBoxes: proposals.boxes.sum(),
      classes: weighted(stages.map(({ classification }) => classification)),
      boxes: weighted(stages.map(({ boxes }) => boxes)),
      ...(this.hasMasks && { masks: weighted(stages.flatMap(({ masks }) => masks ?? [])) }),
      ...(semantic && { semantic }),
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
