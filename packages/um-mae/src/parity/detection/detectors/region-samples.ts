/** Anchors and regions that a two-stage detector draws in a step, and what its heads learn of them. */
import { cat, type Tensor, zeros } from '@um-mae/torch';
import { at } from '../../../at.js';
import { encodeDeltas } from '../../../detection/boxes/deltas.js';
import type { OutlinedObjects } from '../../../detection/networks/image-objects.js';
import type {
  MaskRcnn,
  RcnnFeatures,
  RcnnLosses,
  RcnnLossOptions,
} from '../../../detection/networks/mask-rcnn.js';
import { proposals } from '../../../detection/networks/proposals/proposals.js';
import { sampleAnchors } from '../../../detection/networks/proposals/rpn-loss.js';
import { roisOf } from '../../../detection/networks/regions/roi-features.js';
import type { StageLosses } from '../../../detection/networks/regions/roi-losses.js';
import type { RoiSamples } from '../../../detection/networks/regions/roi-samples.js';
import {
  maskTargets,
  objectBoxes,
  positiveBoxes,
  positiveLabels,
} from '../../../detection/networks/regions/roi-targets.js';
import type { Comparison } from '../../comparison.js';
import type { Numbers } from '../numbers.js';
import { withScores } from '../scored-boxes.js';

/** A batch in training, its losses, and options of which no anchor was drawn yet. */
interface TrainedBatch {
  readonly features: RcnnFeatures;
  readonly images: readonly OutlinedObjects[];
  readonly options: RcnnLossOptions;
  readonly losses: RcnnLosses;
}

/** Compares the drawn anchors and regions of each image, and the targets of the batch. */
export function compareSamples(
  expected: Numbers,
  model: MaskRcnn,
  { features: { predictions, anchors }, images, options, losses }: TrainedBatch,
): Comparison[] {
  const ofImages = images.flatMap((image, place) => {
    const given = { place, size: image.size };
    const proposed = proposals(predictions, anchors, given, options.proposals);
    const drawn = sampleAnchors(anchors, image, options.anchors);
    return [
      expected.compare(`rpn.sampled.objects.${place}`, drawn.objects),
      expected.compare(`proposals.${place}`, withScores(proposed)),
    ];
  });
  const ofStages = losses.stages.flatMap((stage, k) =>
    compareStage(expected, model, { stage, k, images }),
  );
  return [...ofImages, ...ofStages];
}

interface TrainedStage extends Pick<TrainedBatch, 'images'> {
  readonly stage: StageLosses;
  /** The number of the stage. */
  readonly k: number;
}

function compareStage(
  expected: Numbers,
  { rules, sides }: MaskRcnn,
  { stage: { samples, maskSamples }, k, images }: TrainedStage,
): Comparison[] {
  const compare = (name: string, ours: Tensor) => expected.compare(`stage${k}.${name}`, ours);
  const refined = rules.isInterleaved ? maskSamples : [];
  const there = objectBoxes(samples, images);
  const { deviations } = at(rules.stages, k);
  const from = cat(samples.map(positiveBoxes));
  const targets = rules.boxCost.kind === 'giou' ? there : encodeDeltas(from, there, deviations);
  return [
    ...samples.map(({ objects }, i) => compare(`sampled.objects.${i}`, objects)),
    ...refined.flatMap((own, i) => [
      compare(`mask_sampled.objects.${i}`, own.objects),
      compare(`mask_rois.${i}`, positiveBoxes(own)),
    ]),
    compare('rois', roisOf(samples.map(({ boxes }) => boxes))),
    compare('labels', cat(samples.map(({ labels }) => labels))),
    compare('bbox_targets', ofAllRegions(samples, targets)),
    compare('mask_targets', maskTargets(maskSamples, images, 2 * sides.mask)),
    compare('mask_labels', cat(maskSamples.map(positiveLabels))),
  ];
}

/** Targets [positives, 4] at the places of their regions, [regions, 4], and 0 elsewhere. */
function ofAllRegions(samples: readonly RoiSamples[], targets: Tensor): Tensor {
  let first = 0;
  const parts = samples.flatMap(({ boxes, objects }) => {
    const [count] = boxes.sizes(2);
    const own = targets.narrow(0, first, objects.elements);
    first += objects.elements;
    return [own, zeros([count - objects.elements, 4], { device: targets.device })];
  });
  return cat(parts);
}
