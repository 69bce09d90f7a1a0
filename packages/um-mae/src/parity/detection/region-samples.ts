/** Anchors and regions that Mask R-CNN draws in a step, and what its heads learn of them. */
import { cat, type Tensor, zeros } from '@um-mae/torch';
import type { OutlinedObjects } from '../../detection/networks/image-objects.js';
import type {
  MaskRcnn,
  RcnnFeatures,
  RcnnLossOptions,
} from '../../detection/networks/mask-rcnn.js';
import { proposals } from '../../detection/networks/proposals.js';
import { roisOf } from '../../detection/networks/roi-features.js';
import { type RoiSamples, sampleRois } from '../../detection/networks/roi-samples.js';
import { boxTargets, maskTargets, positiveLabels } from '../../detection/networks/roi-targets.js';
import { sampleAnchors } from '../../detection/networks/rpn-loss.js';
import type { Comparison } from '../comparison.js';
import type { Numbers } from './numbers.js';
import { withScores } from './scored-boxes.js';

/** A batch in training, and the options of its losses, from which nothing was drawn yet. */
interface TrainedBatch {
  readonly features: RcnnFeatures;
  readonly images: readonly OutlinedObjects[];
  readonly options: RcnnLossOptions;
}

/** Compares the drawn anchors and regions of each image, and the targets of the batch. */
export function compareSamples(
  expected: Numbers,
  { classes, sides }: Pick<MaskRcnn, 'classes' | 'sides'>,
  { features: { predictions, anchors }, images, options }: TrainedBatch,
): Comparison[] {
  const drawn = images.map((image, place) => {
    const given = { place, size: image.size };
    const proposed = proposals(predictions, anchors, given, options.proposals);
    return {
      anchors: sampleAnchors(anchors, image, options.anchors),
      proposed,
      regions: sampleRois(proposed.boxes, image, { ...options.regions, classes }),
    };
  });
  const samples = drawn.map(({ regions }) => regions);
  return [
    ...drawn.flatMap(({ anchors: own, proposed, regions }, i) => [
      expected.compare(`rpn.sampled.objects.${i}`, own.objects),
      expected.compare(`proposals.${i}`, withScores(proposed)),
      expected.compare(`stage0.sampled.objects.${i}`, regions.objects),
    ]),
    expected.compare('stage0.rois', roisOf(samples.map(({ boxes }) => boxes))),
    expected.compare('stage0.labels', cat(samples.map(({ labels }) => labels))),
    expected.compare('stage0.bbox_targets', ofAllRegions(samples, boxTargets(samples, images))),
    expected.compare('stage0.mask_targets', maskTargets(samples, images, 2 * sides.mask)),
    expected.compare('stage0.mask_labels', cat(samples.map(positiveLabels))),
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
