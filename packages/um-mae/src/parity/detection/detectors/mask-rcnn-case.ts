/**
 * A whole Mask R-CNN, or a cascade: samples, losses, gradients, proposals, detections and masks.
 */
import type { Tensor } from '@um-mae/torch';
import { at } from '../../../at.js';
import type { Detections } from '../../../detection/boxes/class-boxes.js';
import type { OutlinedObjects } from '../../../detection/networks/image-objects.js';
import type {
  MaskRcnn,
  RcnnLosses,
  RcnnLossOptions,
} from '../../../detection/networks/mask-rcnn.js';
import { proposals } from '../../../detection/networks/proposals/proposals.js';
import type { StageLosses } from '../../../detection/networks/regions/roi-losses.js';
import type { Comparison } from '../../comparison.js';
import { type Case, readTensors, required } from '../../fixture.js';
import { type ObservedCalls, observedCalls, outputsOf } from '../../observed-calls.js';
import { sizeOf } from '../image-sizes.js';
import { type Numbers, openNumbers } from '../numbers.js';
import { withScores } from '../scored-boxes.js';
import { compareGradients } from './network.js';
import {
  describedRcnn,
  proposalLimits,
  type RcnnDescription,
  rcnnDescription,
} from './rcnn-description.js';
import { recordedSampler } from './recorded-sampler.js';
import { compareSamples } from './region-samples.js';

export function runMaskRcnnCase(fixture: Case): Comparison[] {
  const described = rcnnDescription.parse(fixture.json);
  const model = describedRcnn(described).to(fixture.device);
  const weights = readTensors(fixture, 'weights.safetensors');
  const counts = [...model.state().keys()].filter((name) => name.endsWith('num_batches_tracked'));
  model.loadState(weights, { allow: ['backbone.blocks.', ...counts] });
  const expected = openNumbers(fixture, 'expected.safetensors');
  // The statistics of batch norms are those before the step.
  const found = compareFound(fixture, described, { model, expected });
  return [...compareTraining(fixture, described, { model, expected }), ...found];
}

interface Subject {
  readonly model: MaskRcnn;
  readonly expected: Numbers;
}

function compareTraining(
  fixture: Case,
  described: RcnnDescription,
  { model, expected }: Subject,
): Comparison[] {
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const images = objectsOf(described, inputs);
  model.train();
  const options = () => lossOptions(described, model, expected);
  const { calls, result } = observedCalls(model, () => {
    const features = model.forward(required(inputs, 'images').to('f32'));
    const losses = model.losses(features, images, options());
    return { features, losses };
  });
  const { features, losses } = result;
  const total = totalOf(losses, model);
  total.backward();
  const maps = features.levels.flatMap((level, i) => [
    ...compareKnown(expected, `fpn.${i}`, level),
    expected.compare(`rpn.cls_score.${i}`, at(features.predictions.scores, i)),
    expected.compare(`rpn.bbox_pred.${i}`, at(features.predictions.deltas, i)),
  ]);
  return [
    ...maps,
    ...compareSamples(expected, model, { features, images, options: options(), losses }),
    ...losses.stages.flatMap((stage, k) => compareStage(expected, calls, { ...stage, k, model })),
    expected.compare('loss_rpn_cls', losses.proposals.classification),
    expected.compare('loss_rpn_bbox', losses.proposals.boxes),
    ...(losses.semantic ? [expected.compare('loss_semantic_seg', losses.semantic)] : []),
    expected.compare('loss', total),
    ...compareGradients(openNumbers(fixture, 'grads.safetensors'), model),
    ...[...model.state()].flatMap(([name, value]) =>
      compareKnown(expected, `after.${name}`, value),
    ),
  ];
}

function objectsOf(
  { images }: RcnnDescription,
  inputs: ReadonlyMap<string, Tensor>,
): OutlinedObjects[] {
  const semantic = inputs.get('semantic')?.squeeze(1).to('i64');
  return images.map(({ img_shape, pad_shape }, i) => ({
    boxes: required(inputs, `boxes.${i}`),
    labels: required(inputs, `labels.${i}`),
    masks: required(inputs, `masks.${i}`),
    stuff: semantic?.select(0, i),
    size: sizeOf(img_shape),
    padded: sizeOf(pad_shape),
  }));
}

/** The options of a step, with the recorded samples in the order of their use. */
function lossOptions(
  { constructor: { train_cfg, rpn_head }, images }: RcnnDescription,
  { rules }: MaskRcnn,
  expected: Numbers,
): RcnnLossOptions {
  const drawn = (names: readonly string[]) =>
    recordedSampler(
      names.flatMap((name) =>
        images.flatMap((_, i) =>
          ['positive', 'negative'].map((kind) => expected.get(`${name}.${kind}.${i}`)),
        ),
      ),
    );
  const regions = rules.stages.flatMap((_, k) => [
    `stage${k}.sampled`,
    ...(rules.isInterleaved ? [`stage${k}.mask_sampled`] : []),
  ]);
  return {
    anchors: {
      sampler: drawn(['rpn.sampled']),
      size: { count: 48, positiveShare: 0.5 },
      insideOnly: train_cfg.rpn.allowed_border === 0,
      beta: rpn_head.loss_bbox.beta,
    },
    proposals: proposalLimits(train_cfg.rpn_proposal),
    regions: { sampler: drawn(regions), size: { count: 24, positiveShare: 0.25 } },
  };
}

function totalOf({ proposals: own, stages, semantic }: RcnnLosses, { rules }: MaskRcnn): Tensor {
  const ofStages = stages.map(({ classification, boxes, masks }, k) => {
    const sum = classification.add(boxes);
    return (masks ? sum.add(masks) : sum).mul(at(rules.stages, k).weight);
  });
  return [
    own.classification.sum(),
    own.boxes.sum(),
    ...(semantic ? [semantic] : []),
    ...ofStages,
  ].reduce((sum, loss) => sum.add(loss));
}

/** None where the case has no such number. */
function compareKnown(expected: Numbers, name: string, ours: Tensor): Comparison[] {
  return expected.has(name) ? [expected.compare(name, ours)] : [];
}

interface TrainedStage extends StageLosses {
  readonly model: MaskRcnn;
  /** The number of the stage. */
  readonly k: number;
}

/** The predictions for the regions that a stage drew, and their losses. */
function compareStage(
  expected: Numbers,
  calls: ObservedCalls,
  { model, k, classification, boxes, masks }: TrainedStage,
): Comparison[] {
  const place = Array.isArray(model.roi_head.bbox_head) ? `.${k}` : '';
  const output = (path: string) => at(outputsOf(calls, `roi_head.${path}`), -1);
  return [
    expected.compare(`stage${k}.cls_score`, output(`bbox_head${place}.fc_cls`)),
    expected.compare(`stage${k}.bbox_pred`, output(`bbox_head${place}.fc_reg`)),
    expected.compare(`stage${k}.mask_pred`, output(`mask_head${place}.conv_logits`)),
    expected.compare(`stage${k}.loss_cls`, classification),
    expected.compare(`stage${k}.loss_bbox`, boxes),
    ...(masks ? [expected.compare(`stage${k}.loss_mask`, masks)] : []),
  ];
}

function compareFound(
  fixture: Case,
  described: RcnnDescription,
  { model, expected }: Subject,
): Comparison[] {
  const images = required(readTensors(fixture, 'inputs.safetensors'), 'images').to('f32');
  const { rpn, rcnn } = described.constructor.test_cfg;
  const features = model.eval().forward(images);
  const boxes = {
    leastScore: rcnn.score_thr,
    most: rcnn.max_per_img,
    suppression: { threshold: rcnn.nms.iou_threshold },
  };
  const options = { proposals: proposalLimits(rpn), boxes };
  return described.images.flatMap(({ img_shape, ori_shape, scale_factor_w_h: scale }, place) => {
    const image = { place, size: sizeOf(img_shape) };
    const own = proposals(features.predictions, features.anchors, image, options.proposals);
    const found = byClass(model.detect(features, { ...image, scale }, options));
    const unscaled = byClass(model.detect(features, { ...image, scale: [1, 1] }, options));
    const original = sizeOf(ori_shape);
    const { masks } = model.outline(features, found, { place, original, scale });
    return [
      expected.compare(`test.proposals.${place}`, withScores(own)),
      expected.compare(`test.detections.${place}`, withScores(found)),
      expected.compare(`test.labels.${place}`, found.labels),
      expected.compare(`test.unscaled_detections.${place}`, withScores(unscaled)),
      expected.compare(`test.unscaled_labels.${place}`, unscaled.labels),
      expected.compare(`test.masks.${place}`, masks),
    ];
  });
}

/** Ordered by class and within it by score, as the case has them. */
function byClass({ boxes, scores, labels }: Detections): Detections {
  // Scores are below 1.
  const order = labels.to('f64').sub(scores.to('f64')).argsort();
  return {
    boxes: boxes.indexSelect(0, order),
    scores: scores.indexSelect(0, order),
    labels: labels.indexSelect(0, order),
  };
}
