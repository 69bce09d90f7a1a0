/**
 * The losses of the heads of regions, stage after stage.
 *
 * Source: Cai and Vasconcelos 2018 (Cascade R-CNN), arXiv:1712.00726; interleaved as in Chen et
 * al. 2019 (HTC), arXiv:1901.07518, section 3.1.
 */
import { cat, type Tensor } from '@um-mae/torch';
import { type Divisor, ownDivisor } from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import type { Sampler, SampleSize } from '../../assignment/sampling.js';
import { decodeDeltas, encodeDeltas } from '../../boxes/deltas.js';
import { giouLoss, smoothL1 } from '../../losses/regression.js';
import type { OutlinedObjects } from '../image-objects.js';
import { type BoxHeadLosses, type BoxPredictions, boxHeadLosses } from './box-head.js';
import { maskLoss } from './mask-head.js';
import { refinedRegions } from './refined-boxes.js';
import { roisOf } from './roi-features.js';
import type { RoiHeads, RoiSource } from './roi-heads.js';
import { type RoiSamples, sampleRois } from './roi-samples.js';
import { maskTargets, objectBoxes, positiveBoxes, positiveLabels } from './roi-targets.js';
import type { Stage } from './stages.js';

/** The cost of boxes. */
export type BoxCost =
  /** Smooth L1 of deltas, straight from `beta` on; 0 is plain L1. */
  | { readonly kind: 'deltas'; readonly beta: number }
  /** Ten times 1 - GIoU of the boxes that deltas stand for. */
  | { readonly kind: 'giou' };

/** The rules of all stages. */
export interface StageRules {
  readonly stages: readonly Stage[];
  readonly boxCost: BoxCost;
  /** Whether masks learn from the boxes that the same stage has refined. */
  readonly isInterleaved: boolean;
}

export interface RegionDraws {
  readonly sampler: Sampler;
  /** Default 512 regions of an image, a quarter of them positive. */
  readonly size?: SampleSize;
  /** Divides sums over regions by their number. Default: by that of this batch. */
  readonly divisor?: Divisor | undefined;
}

/** A batch, as the heads learn from it. */
export interface LearntRegions extends RoiSource {
  readonly images: readonly OutlinedObjects[];
  /** [proposals, 4] of each image */
  readonly proposals: readonly Tensor[];
}

/** Losses of a stage, not weighted, and the regions that they are of. */
export interface StageLosses extends BoxHeadLosses {
  /** Undefined without a mask head. */
  readonly masks: Tensor | undefined;
  readonly samples: readonly RoiSamples[];
  /** The regions that masks are learnt from. */
  readonly maskSamples: readonly RoiSamples[];
}

/** The factor of 1 - GIoU. */
const giouWeight = 10;

export function roiLosses(
  heads: RoiHeads,
  batch: LearntRegions,
  {
    stages,
    boxCost,
    isInterleaved,
    classes,
    divisor = ownDivisor,
    sampler,
    size,
  }: StageRules & RegionDraws & { readonly classes: number },
): StageLosses[] {
  const { images } = batch;
  let regions = batch.proposals;
  return stages.map((stage, k) => {
    const { rule, deviations } = stage;
    const draw = () =>
      regions.map((own, i) => {
        const draws = { sampler: sampler.ofImage?.(i) ?? sampler, ...(size && { size }) };
        return sampleRois(own, at(images, i), { ...draws, rule, classes });
      });
    const samples = draw();
    const predicted = heads.boxes(k, batch, roisOf(samples.map(({ boxes }) => boxes)));
    const losses = lossesOfBoxes(predicted, samples, { images, stage, boxCost, classes, divisor });
    const isLast = k === stages.length - 1;
    if (isInterleaved || !isLast) {
      regions = refinedRegions(samples, images, { predicted, deviations });
    }
    const maskSamples = isInterleaved ? draw() : samples;
    const hasMasks = heads.maskHeads.length > 0;
    const masks = hasMasks ? lossOfMasks(heads, k, { ...batch, divisor }, maskSamples) : undefined;
    return { ...losses, masks, samples, maskSamples };
  });
}

interface BoxLossContext extends Pick<LearntRegions, 'images'>, Pick<StageRules, 'boxCost'> {
  readonly stage: Stage;
  readonly classes: number;
  readonly divisor: Divisor;
}

function lossesOfBoxes(
  predicted: BoxPredictions,
  samples: readonly RoiSamples[],
  { images, stage: { deviations }, boxCost, classes, divisor }: BoxLossContext,
): BoxHeadLosses {
  const labels = cat(samples.map((own) => own.labels));
  const positives = labels.lt(classes).nonzero().flatten();
  const from = cat(samples.map(positiveBoxes));
  const to = objectBoxes(samples, images);
  const lossOf = (deltas: Tensor) =>
    boxCost.kind === 'deltas'
      ? smoothL1(deltas, encodeDeltas(from, to, deviations), boxCost.beta)
      : giouLoss(decodeDeltas(from, deltas, { deviations }), to).mul(giouWeight);
  return boxHeadLosses(predicted, labels, { positives, lossOf, divisor });
}

function lossOfMasks(
  heads: RoiHeads,
  stage: number,
  batch: LearntRegions & { readonly divisor: Divisor },
  samples: readonly RoiSamples[],
): Tensor {
  const rois = roisOf(samples.map(positiveBoxes));
  const logits = heads.masks(stage, batch, rois);
  const [, , side] = logits.sizes(4);
  const targets = maskTargets(samples, batch.images, side);
  return maskLoss(logits, cat(samples.map(positiveLabels)), { targets, divisor: batch.divisor });
}
