/** torchvision's Mask R-CNN, from pictures on: resizing, losses, gradients, detections, masks. */
import { cat, Generator, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../../at.js';
import { pasteGrown } from '../../../detection/masks/grown-paste.js';
import {
  padTogether,
  resizeBoxes,
  resizedSize,
  resizeMasks,
  resizePicture,
} from '../../../detection/networks/torchvision/input.js';
import {
  type PlainFeatures,
  type PlainLossOptions,
  PlainMaskRcnn,
} from '../../../detection/networks/torchvision/mask-rcnn.js';
import { ownName } from '../../../detection/networks/torchvision/names.js';
import { proposePlainly } from '../../../detection/networks/torchvision/proposals.js';
import {
  type PlainImage,
  plainBoxTargets,
  plainMaskTargets,
  plainRegions,
  positiveRegions,
} from '../../../detection/networks/torchvision/regions.js';
import type { Comparison } from '../../comparison.js';
import { type Case, readTensors, required } from '../../fixture.js';
import { observedCalls, outputsOf } from '../../observed-calls.js';
import { type Numbers, openNumbers } from '../numbers.js';
import { withScores } from '../scored-boxes.js';
import { detectionMaps } from './network.js';
import { recordedSampler, recordedSubsets } from './recorded-sampler.js';

const torchvisionCase = z.object({
  constructor: z.object({
    channels: z.number(),
    classes: z.number(),
    min_size: z.number(),
    max_size: z.number(),
    anchor_sizes: z.array(z.number()),
    pre_train: z.number(),
    post_train: z.number(),
    pre_test: z.number(),
    post_test: z.number(),
    rpn_batch: z.number(),
    box_batch: z.number(),
    detections: z.number(),
    box_roi: z.number(),
    mask_roi: z.number(),
    hidden: z.number(),
    mask_convs: z.number(),
    backbone: z.unknown(),
  }),
});

type Given = z.infer<typeof torchvisionCase>['constructor'];

interface Subject {
  readonly model: PlainMaskRcnn;
  readonly expected: Numbers;
  readonly given: Given;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

export function runTorchvisionCase(fixture: Case): Comparison[] {
  const { constructor: given } = torchvisionCase.parse(fixture.json);
  const generator = new Generator(0);
  const model = new PlainMaskRcnn({
    maps: detectionMaps(given.backbone, generator),
    classes: given.classes,
    channels: given.channels,
    boxChannels: given.hidden,
    maskDepth: given.mask_convs,
    anchorSizes: given.anchor_sizes,
    sides: { box: given.box_roi, mask: given.mask_roi },
    generator,
  }).to(fixture.device);
  const weights = readTensors(fixture, 'weights.safetensors');
  const own = new Map([...weights].map(([name, tensor]) => [ownName(name), tensor]));
  model.loadState(own, { allow: ['backbone.blocks.'] });
  const expected = openNumbers(fixture, 'expected.safetensors');
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const subject = { model, expected, given, inputs };
  return [...compareTraining(fixture, subject), ...compareFound(subject)];
}

/** The pictures of the batch, resized, and their objects. */
function pictures({ given, inputs }: Subject) {
  return [0, 1].map((i) => {
    const image = required(inputs, `image.${i}`).to('f32');
    const [, height, width] = image.sizes(3);
    const original = { height, width };
    const size = resizedSize(original, { shorter: given.min_size, most: given.max_size });
    return {
      original,
      size,
      picture: resizePicture(image, size),
      boxes: resizeBoxes(required(inputs, `boxes.${i}`), original, size),
      labels: required(inputs, `labels.${i}`),
      masks: resizeMasks(required(inputs, `masks.${i}`), size),
    };
  });
}

function compareTraining(fixture: Case, subject: Subject): Comparison[] {
  const { model, expected, given } = subject;
  const images = pictures(subject);
  const batch = padTogether(images.map(({ picture }) => picture));
  const drawn = images.flatMap((_, i) =>
    ['positive', 'negative'].map((kind) => expected.get(`rpn.sampled.${kind}.${i}`)),
  );
  const regions = images.map((_, i) => expected.get(`roi.sampled.${i}`));
  model.train();
  const options = (): PlainLossOptions => ({
    anchors: {
      sampler: recordedSampler(drawn),
      size: { count: given.rpn_batch, positiveShare: 0.5 },
    },
    proposals: { mostOfLevel: given.pre_train, most: given.post_train },
    regions: {
      sampler: recordedSubsets(regions),
      size: { count: given.box_batch, positiveShare: 0.25 },
    },
  });
  const { calls, result } = observedCalls(model, () => {
    const features = model.forward(batch);
    const losses = model.losses(features, images, options());
    return { features, losses };
  });
  const { features, losses } = result;
  const { proposals, classification, boxes, masks } = losses;
  const total = classification
    .add(boxes)
    .add(masks)
    .add(proposals.classification)
    .add(proposals.boxes);
  total.backward();
  const output = (path: string) => at(outputsOf(calls, path), -1);
  const known = (name: string, ours: Tensor) =>
    expected.has(name) ? [expected.compare(name, ours)] : [];
  return [
    ...images.flatMap((image, i) => [
      expected.compare(`resized.boxes.${i}`, image.boxes),
      expected.compare(`resized.masks.${i}`, image.masks),
    ]),
    expected.compare('batch_channel_0', batch.select(1, 0)),
    ...features.levels.flatMap((level, i) => [
      ...known(i === 4 ? 'fpn.pool' : `fpn.${i}`, level),
      expected.compare(`rpn.cls_logits.${i}`, at(features.predictions.scores, i)),
      expected.compare(`rpn.bbox_pred.${i}`, at(features.predictions.deltas, i)),
    ]),
    expected.compare('anchors', cat(features.anchors)),
    ...compareRegions(subject, { features, images, options: options() }),
    expected.compare('roi.class_logits', output('bbox_head.fc_cls')),
    expected.compare('roi.box_regression', output('bbox_head.fc_reg')),
    expected.compare('mask.logits', output('mask_head.conv_logits')),
    expected.compare('loss_classifier', classification),
    expected.compare('loss_box_reg', boxes),
    expected.compare('loss_mask', masks),
    expected.compare('loss_objectness', proposals.classification),
    expected.compare('loss_rpn_box_reg', proposals.boxes),
    expected.compare('loss', total),
    ...compareSlopes(fixture, model),
  ];
}

interface TrainedPictures {
  readonly features: PlainFeatures;
  readonly images: readonly PlainImage[];
  readonly options: PlainLossOptions;
}

/** The proposals of training, the regions that were drawn of them, and their targets. */
function compareRegions(
  { expected, given }: Subject,
  { features: { predictions, anchors }, images, options }: TrainedPictures,
): Comparison[] {
  return images.flatMap((image, place) => {
    const own = { place, size: image.size };
    const proposed = proposePlainly(predictions, anchors, own, options.proposals);
    const regions = plainRegions(proposed.boxes, image, options.regions);
    const masks = plainMaskTargets(positiveRegions(regions), image, 2 * given.mask_roi);
    return [
      expected.compare(`proposals.${place}`, withScores(proposed)),
      expected.compare(`roi.boxes.${place}`, regions.boxes),
      expected.compare(`roi.objects.${place}`, regions.objects),
      expected.compare(`roi.labels.${place}`, regions.labels),
      expected.compare(`roi.targets.${place}`, plainBoxTargets(regions, image)),
      expected.compare(`mask.targets.${place}`, masks),
    ];
  });
}

function compareSlopes(fixture: Case, model: PlainMaskRcnn): Comparison[] {
  const slopes = openNumbers(fixture, 'grads.safetensors');
  const parameters = model.namedParameters();
  return slopes.results.flatMap((name) => {
    const parameter = parameters.get(ownName(name));
    if (!parameter) return [];
    return [slopes.compare(name, parameter.grad ?? parameter.mul(Number.NaN))];
  });
}

function compareFound(subject: Subject): Comparison[] {
  const { model, expected, given } = subject;
  const images = pictures(subject);
  const features = model.eval().forward(padTogether(images.map(({ picture }) => picture)));
  const limits = { mostOfLevel: given.pre_test, most: given.post_test };
  return images.flatMap(({ original, size }, place) => {
    const image = { place, size };
    const proposed = proposePlainly(features.predictions, features.anchors, image, limits);
    const found = model.detect(features, image, { proposals: limits, most: given.detections });
    const boxes = resizeBoxes(found.boxes, size, original);
    const masks = pasteGrown(found.masks, boxes, original);
    return [
      expected.compare(`test.proposals.${place}`, withScores(proposed)),
      expected.compare(`test.boxes.${place}`, boxes),
      expected.compare(`test.scores.${place}`, found.scores),
      expected.compare(`test.labels.${place}`, found.labels),
      expected.compare(`test.masks.${place}`, masks.slice({ end: 3 })),
      expected.compare(`test.binary_masks.${place}`, masks.ge(0.5)),
    ];
  });
}
