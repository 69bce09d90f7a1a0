/** A whole GFL detector: targets, losses of every level, gradients, and what it finds. */
import { cat, Generator, stack, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../../at.js';
import type { Detections } from '../../../detection/boxes/class-boxes.js';
import { Gfl } from '../../../detection/networks/gfl/gfl.js';
import {
  type GflTargets,
  gflLosses,
  gflTargets,
} from '../../../detection/networks/gfl/gfl-loss.js';
import type { ImageObjects } from '../../../detection/networks/image-objects.js';
import { FeaturePyramid } from '../../../detection/networks/pyramid/feature-pyramid.js';
import type { Comparison } from '../../comparison.js';
import { type Case, readTensors, required } from '../../fixture.js';
import { type Numbers, openNumbers } from '../numbers.js';
import { compareGradients, detectionMaps, withoutBackbone } from './network.js';

const pair = z.tuple([z.number(), z.number()]);

const gflCase = z.object({
  constructor: z.object({
    backbone: z.unknown(),
    neck: z.object({ out_channels: z.number(), num_outs: z.number(), start_level: z.number() }),
    bbox_head: z.object({
      num_classes: z.number(),
      stacked_convs: z.number(),
      feat_channels: z.number(),
      norm_cfg: z.object({ num_groups: z.number() }),
      reg_max: z.number(),
    }),
    test_cfg: z.object({
      nms_pre: z.number(),
      score_thr: z.number(),
      nms: z.object({ iou_threshold: z.number() }),
      max_per_img: z.number(),
    }),
  }),
  images: z.array(z.object({ img_shape: pair, pad_shape: pair, scale_factor_w_h: pair })),
});

type Described = z.infer<typeof gflCase>;

function buildModel({ constructor: given }: Described): Gfl {
  const { neck, bbox_head: head, test_cfg: test } = given;
  const generator = new Generator(0);
  const maps = detectionMaps(given.backbone, generator);
  return new Gfl({
    maps,
    neck: new FeaturePyramid({
      inputs: maps.channels,
      channels: neck.out_channels,
      levels: neck.num_outs,
      firstMap: neck.start_level,
      extra: 'convolution',
      norm: 'batch',
      generator,
    }),
    head: {
      inputs: neck.out_channels,
      classes: head.num_classes,
      levels: neck.num_outs,
      channels: head.feat_channels,
      depth: head.stacked_convs,
      groups: head.norm_cfg.num_groups,
      mostStrides: head.reg_max,
    },
    detection: {
      leastScore: test.score_thr,
      mostOfLevel: test.nms_pre,
      suppression: { threshold: test.nms.iou_threshold },
      most: test.max_per_img,
    },
    generator,
  });
}

export function runGflCase(fixture: Case): Comparison[] {
  const described = gflCase.parse(fixture.json);
  const model = buildModel(described).to(fixture.device);
  const stored = new Map(
    [...readTensors(fixture, 'weights.safetensors')].map(([name, tensor]) => {
      return [withoutBackbone(name), tensor];
    }),
  );
  const load = () => model.loadState(stored, { allow: ['blocks.', 'neck.'] });
  load();
  const expected = openNumbers(fixture, 'expected.safetensors');
  const training = compareTraining(fixture, described, { model, expected });
  load();
  return [...training, ...compareFound(fixture, described, { model, expected })];
}

interface Subject {
  readonly model: Gfl;
  readonly expected: Numbers;
}

function compareTraining(
  fixture: Case,
  described: Described,
  { model, expected }: Subject,
): Comparison[] {
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const { bbox_head: head } = described.constructor;
  const predictions = model.train().forward(required(inputs, 'images').to('f32'));
  const { anchors } = predictions;
  const images = described.images.map(({ img_shape, pad_shape }, i): ImageObjects => {
    const [height, width] = img_shape;
    const [paddedHeight, paddedWidth] = pad_shape;
    return {
      boxes: required(inputs, `boxes.${i}`),
      labels: required(inputs, `labels.${i}`),
      size: { height, width },
      padded: { height: paddedHeight, width: paddedWidth },
    };
  });
  const targets = gflTargets(anchors, images, head.num_classes);
  const losses = gflLosses(predictions, anchors, targets);
  const all = [losses.classification, losses.boxes, losses.distribution];
  const total = stack(all).sum();
  total.backward();
  const maps = predictions.levels.flatMap((level, i) => [
    expected.compare(`fpn.${i}`, level),
    expected.compare(`cls_score.${i}`, at(predictions.scores, i)),
    expected.compare(`bbox_pred.${i}`, at(predictions.distances, i)),
  ]);
  const statistics = [...model.state()].flatMap(([name, tensor]) => {
    const own = `after.${name}`;
    return expected.has(own) ? [expected.compare(own, tensor)] : [];
  });
  const positives = targets.labels.lt(head.num_classes).sum([1]).clamp({ min: 1 }).sum();
  return [
    ...maps,
    ...compareTargets(expected, targets, anchors.levels),
    expected.compare('loss_cls', losses.classification),
    expected.compare('loss_bbox', losses.boxes),
    expected.compare('loss_dfl', losses.distribution),
    expected.compare('loss', total),
    expected.compare('num_positives', positives),
    ...statistics,
    ...compareGradients(openNumbers(fixture, 'grads.safetensors'), model),
  ];
}

function compareTargets(expected: Numbers, targets: GflTargets, levels: Tensor): Comparison[] {
  const count = levels.amax().number() + 1;
  return Array.from({ length: count }, (_, level) => level).flatMap((level) => {
    const places = levels.eq(level).nonzero().flatten();
    const own = (values: Tensor) => values.indexSelect(1, places);
    return [
      expected.compare(`labels.${level}`, own(targets.labels)),
      expected.compare(`label_weights.${level}`, own(targets.valid)),
      expected.compare(`box_targets.${level}`, own(targets.boxes)),
    ];
  });
}

/** Compares the boxes of evaluation mode, in pixels of the resized and of the original pictures. */
function compareFound(
  fixture: Case,
  described: Described,
  { model, expected }: Subject,
): Comparison[] {
  const images = required(readTensors(fixture, 'inputs.safetensors'), 'images').to('f32');
  const features = model.eval().forward(images);
  return described.images.flatMap(({ img_shape, scale_factor_w_h: scale }, place) => {
    const [height, width] = img_shape;
    const size = { height, width };
    const found = (own: readonly [number, number]) =>
      model.find(features, { place, size, scale: own, original: size });
    return [
      ...compareDetections(expected, ['detections_unscaled', place], found([1, 1])),
      ...compareDetections(expected, ['detections', place], found(scale)),
    ];
  });
}

function compareDetections(
  expected: Numbers,
  [name, image]: readonly [name: string, image: number],
  { boxes, scores, labels }: Detections,
): Comparison[] {
  const detections = cat([boxes, scores.unsqueeze(1)], { dim: 1 });
  return [
    expected.compare(`${name}.${image}`, detections),
    expected.compare(`${name}_labels.${image}`, labels),
  ];
}
