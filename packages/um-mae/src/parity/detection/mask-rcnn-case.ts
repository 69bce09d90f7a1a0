/** A whole Mask R-CNN: samples, losses, gradients, proposals, detections and masks. */
import { ok as assert } from 'node:assert';
import { Generator, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../at.js';
import type { Detections } from '../../detection/boxes/class-boxes.js';
import type { OutlinedObjects } from '../../detection/networks/image-objects.js';
import {
  MaskRcnn,
  type RcnnLosses,
  type RcnnLossOptions,
} from '../../detection/networks/mask-rcnn.js';
import { proposals } from '../../detection/networks/proposals.js';
import type { Comparison } from '../comparison.js';
import { type Case, readTensors, required } from '../fixture.js';
import { type ObservedCalls, observedCalls, outputsOf } from '../observed-calls.js';
import { caseImage, sizeOf } from './image-sizes.js';
import { compareGradients, detectionMaps } from './network.js';
import { type Numbers, openNumbers } from './numbers.js';
import { recordedSampler } from './recorded-sampler.js';
import { compareSamples } from './region-samples.js';
import { withScores } from './scored-boxes.js';

const suppression = z.object({ iou_threshold: z.number() });
const proposed = z.object({ nms_pre: z.number(), max_per_img: z.number() });

const maskRcnnCase = z.object({
  constructor: z.object({
    backbone: z.unknown(),
    neck: z.object({ out_channels: z.number() }),
    roi_head: z.object({
      bbox_head: z.object({
        fc_out_channels: z.number(),
        num_classes: z.number(),
        roi_feat_size: z.number(),
      }),
      mask_roi_extractor: z.object({ roi_layer: z.object({ output_size: z.number() }) }),
      mask_head: z.object({ num_convs: z.number() }),
    }),
    train_cfg: z.object({ rpn_proposal: proposed }),
    test_cfg: z.object({
      rpn: proposed,
      rcnn: z.object({ score_thr: z.number(), nms: suppression, max_per_img: z.number() }),
    }),
  }),
  images: z.array(caseImage),
});

type Described = z.infer<typeof maskRcnnCase>;

export function runMaskRcnnCase(fixture: Case): Comparison[] {
  const described = maskRcnnCase.parse(fixture.json);
  const model = buildModel(described).to(fixture.device);
  const weights = readTensors(fixture, 'weights.safetensors');
  model.loadState(weights, { allow: ['backbone.blocks.'] });
  const expected = openNumbers(fixture, 'expected.safetensors');
  return [
    ...compareTraining(fixture, described, { model, expected }),
    ...compareFound(fixture, described, { model, expected }),
  ];
}

function buildModel({ constructor: { backbone, neck, roi_head: heads } }: Described): MaskRcnn {
  const generator = new Generator(0);
  return new MaskRcnn({
    maps: detectionMaps(backbone, generator),
    classes: heads.bbox_head.num_classes,
    channels: neck.out_channels,
    boxChannels: heads.bbox_head.fc_out_channels,
    maskDepth: heads.mask_head.num_convs,
    sides: {
      box: heads.bbox_head.roi_feat_size,
      mask: heads.mask_roi_extractor.roi_layer.output_size,
    },
    generator,
  });
}

interface Subject {
  readonly model: MaskRcnn;
  readonly expected: Numbers;
}

/** The numbers that proposals are limited to. */
const limits = ({ nms_pre: mostOfLevel, max_per_img: most }: z.infer<typeof proposed>) => ({
  mostOfLevel,
  most,
});

function compareTraining(
  fixture: Case,
  described: Described,
  { model, expected }: Subject,
): Comparison[] {
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const images = described.images.map(({ img_shape, pad_shape }, i): OutlinedObjects => {
    return {
      boxes: required(inputs, `boxes.${i}`),
      labels: required(inputs, `labels.${i}`),
      masks: required(inputs, `masks.${i}`),
      size: sizeOf(img_shape),
      padded: sizeOf(pad_shape),
    };
  });
  const drawn = (stage: string) =>
    recordedSampler(
      images.flatMap((_, i) =>
        ['positive', 'negative'].map((kind) => expected.get(`${stage}.sampled.${kind}.${i}`)),
      ),
    );
  model.train();
  const options = (): RcnnLossOptions => ({
    anchors: { sampler: drawn('rpn'), size: { count: 48, positiveShare: 0.5 } },
    proposals: limits(described.constructor.train_cfg.rpn_proposal),
    regions: { sampler: drawn('stage0'), size: { count: 24, positiveShare: 0.25 } },
  });
  const { calls, result } = observedCalls(model, () => {
    const features = model.forward(required(inputs, 'images').to('f32'));
    const losses = model.losses(features, images, options());
    return { features, losses };
  });
  const { features, losses } = result;
  const total = totalOf(losses);
  total.backward();
  const maps = features.levels.flatMap((level, i) => [
    ...compareKnown(expected, `fpn.${i}`, level),
    expected.compare(`rpn.cls_score.${i}`, at(features.predictions.scores, i)),
    expected.compare(`rpn.bbox_pred.${i}`, at(features.predictions.deltas, i)),
  ]);
  return [
    ...maps,
    ...compareSamples(expected, model, { features, images, options: options() }),
    ...compareStage(expected, calls),
    expected.compare('loss_rpn_cls', losses.proposals.classification),
    expected.compare('loss_rpn_bbox', losses.proposals.boxes),
    expected.compare('stage0.loss_cls', losses.classification),
    expected.compare('stage0.loss_bbox', losses.boxes),
    expected.compare('stage0.loss_mask', lossOfMasks(losses)),
    expected.compare('loss', total),
    ...compareGradients(openNumbers(fixture, 'grads.safetensors'), model),
  ];
}

function totalOf(losses: RcnnLosses): Tensor {
  const { proposals: own, classification, boxes } = losses;
  const ofProposals = own.classification.sum().add(own.boxes.sum());
  return ofProposals.add(classification).add(boxes).add(lossOfMasks(losses));
}

function lossOfMasks({ masks }: RcnnLosses): Tensor {
  assert(masks, 'Mask R-CNN learns masks');
  return masks;
}

/** None where the case has no such number. */
function compareKnown(expected: Numbers, name: string, ours: Tensor): Comparison[] {
  return expected.has(name) ? [expected.compare(name, ours)] : [];
}

/** The predictions for the regions that were drawn. */
function compareStage(expected: Numbers, calls: ObservedCalls): Comparison[] {
  const output = (path: string) => at(outputsOf(calls, path), -1);
  return [
    expected.compare('stage0.cls_score', output('roi_head.bbox_head.fc_cls')),
    expected.compare('stage0.bbox_pred', output('roi_head.bbox_head.fc_reg')),
    expected.compare('stage0.mask_pred', output('roi_head.mask_head.conv_logits')),
  ];
}

function compareFound(
  fixture: Case,
  described: Described,
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
  const options = { proposals: limits(rpn), boxes };
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
