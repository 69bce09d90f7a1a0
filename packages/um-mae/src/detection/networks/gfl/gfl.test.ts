import { Generator, randn, scope, tensor, zeros } from '@um-mae/torch';
import { AdamW } from '@um-mae/torch/optim';
import { describe, expect, test } from 'vitest';
import { pairOverlaps } from '../../boxes/overlap.js';
import type { ImageObjects } from '../image-objects.js';
import { FeaturePyramid } from '../pyramid/feature-pyramid.js';
import { pyramidAnchors } from '../pyramid/pyramid-anchors.js';
import { detectGfl } from './gfl-detect.js';
import { GflHead } from './gfl-head.js';
import { gflLosses, gflTargets } from './gfl-loss.js';

const generator = new Generator(0);
const strides = [8, 16, 32];
const size = { height: 64, width: 96 };

/** Maps of one image, of strides 4, 8, 16 and 32. */
const maps = [4, 8, 16, 32].map((stride) =>
  randn([1, 12, size.height / stride, size.width / stride], { generator }),
);

const image: ImageObjects = {
  boxes: tensor([
    [8, 8, 40, 44],
    [50, 20, 90, 60],
  ]),
  labels: tensor([1, 0], { dtype: 'i64' }),
  size,
  padded: size,
};

const neck = new FeaturePyramid({
  inputs: [12, 12, 12, 12],
  channels: 16,
  levels: 3,
  firstMap: 1,
  extra: 'convolution',
  norm: 'group',
  generator,
});
const head = new GflHead({ inputs: 16, classes: 2, levels: 3, channels: 16, depth: 1, generator });

const predict = () => head.forward(neck.forward(maps));
const losses = (objects: ImageObjects) => {
  const predictions = predict();
  const anchors = pyramidAnchors(predictions.scores, { strides, ratios: [1] });
  return gflLosses(predictions, anchors, gflTargets(anchors, [objects], 2));
};

describe('GFL', () => {
  test('has losses of scores alone where no object is', () => {
    const none = { ...image, boxes: zeros([0, 4]), labels: zeros([0], { dtype: 'i64' }) };
    const { classification, boxes, distribution } = losses(none);
    expect(classification.sum().number()).toBeGreaterThan(0);
    expect(boxes.sum().number() + distribution.sum().number()).toBe(0);
  });

  test('learns the objects of an image, and finds them in the original picture', () => {
    const parameters = new Map([
      ...[...neck.namedParameters()].map(([name, value]) => [`neck.${name}`, value] as const),
      ...[...head.namedParameters()].map(([name, value]) => [`head.${name}`, value] as const),
    ]);
    const optimizer = new AdamW([{ parameters, weightDecay: 0 }]);
    for (let step = 0; step < 150; step++) {
      scope(() => {
        const { classification, boxes, distribution } = losses(image);
        optimizer.zeroGrad();
        classification.sum().add(boxes.sum()).add(distribution.sum()).backward();
        optimizer.step(5e-3);
      });
    }
    const predictions = predict();
    const anchors = pyramidAnchors(predictions.scores, { strides, ratios: [1] });
    const found = detectGfl(predictions, anchors, { image: 0, size, scale: [2, 0.5] });
    const best = found.boxes.slice({ end: 2 }).mul(tensor([2, 0.5, 2, 0.5]));
    const overlaps = pairOverlaps(image.boxes, best).amax({ dim: [1] });
    expect(overlaps.amin().number()).toBeGreaterThan(0.8);
    expect(new Set([...found.labels.slice({ end: 2 }).toArray()].map(Number))).toEqual(
      new Set([0, 1]),
    );
  });
});
