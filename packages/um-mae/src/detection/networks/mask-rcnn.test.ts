import { Generator, randn, scope, type Tensor, tensor, zeros } from '@um-mae/torch';
import { AdamW } from '@um-mae/torch/optim';
import { describe, expect, test } from 'vitest';
import { buildBackbone } from '../../backbones/build.js';
import { MapPyramid } from '../../heads/segmentation/map-pyramid.js';
import { randomSampler } from '../assignment/sampling.js';
import { pairOverlaps } from '../boxes/overlap.js';
import type { OutlinedObjects } from './image-objects.js';
import { type CascadeOptions, MaskRcnn, type RcnnLosses } from './mask-rcnn.js';
import { roiLevels } from './regions/roi-features.js';
import { cascadeStages } from './regions/stages.js';

const generator = new Generator(0);
const size = { height: 64, width: 96 };

const cascade: CascadeOptions = {
  stages: cascadeStages({ takesBest: false }),
  boxCost: { kind: 'giou' },
  isInterleaved: false,
  layers: { convolutions: 1, linear: 1, norm: 'group' },
  sharesBoxes: false,
  masksFlow: false,
};
const htc: CascadeOptions = {
  ...cascade,
  stages: cascadeStages({ takesBest: true }),
  isInterleaved: true,
  sharesBoxes: true,
  masksFlow: true,
  semantic: { classes: 3, depth: 1 },
};
const kinds = [
  ['Mask R-CNN', undefined],
  ['Cascade Mask R-CNN', cascade],
  ['HTC', htc],
] as const;

function build(kind?: CascadeOptions): MaskRcnn {
  const image = { height: 64, width: 64 };
  const backbone = {
    kind: 'pvt',
    channels: [8, 8, 8, 8],
    depths: [1, 1, 1, 1],
    heads: [1, 1, 1, 1],
    mlpRatios: [2, 2, 2, 2],
    reductions: [8, 4, 2, 1],
    patch: 4,
    epsilon: 1e-6,
  } as const;
  const encoder = buildBackbone(backbone, image, { generator, finalNorm: false });
  const maps = new MapPyramid(encoder, { kind: 'norm-linear', channels: 16 }, { generator });
  const sizes = { classes: 2, channels: 16, boxChannels: 32, maskDepth: 1 };
  return new MaskRcnn({ maps, ...sizes, cascade: kind, generator });
}

/** Two objects whose colours tell them from the ground. */
function scene(): { readonly images: Tensor; readonly objects: OutlinedObjects } {
  const boxes = [
    [8, 8, 40, 44],
    [50, 20, 90, 60],
  ];
  const images = randn([1, 3, size.height, size.width], { generator }).mul(0.1);
  const masks = zeros([2, size.height, size.width]);
  for (const [i, [left = 0, top = 0, right = 0, bottom = 0]] of boxes.entries()) {
    const inside = (map: Tensor) =>
      map.narrow(-2, top, bottom - top).narrow(-1, left, right - left);
    inside(images.select(0, 0).select(0, i)).fill_(2);
    inside(masks.select(0, i)).fill_(1);
  }
  const everyEighth = (side: number) => side / 8;
  const stuff = zeros([everyEighth(size.height), everyEighth(size.width)], { dtype: 'i64' });
  stuff.narrow(0, 0, 1).fill_(255);
  const labels = tensor([1, 0], { dtype: 'i64' });
  return { images, objects: { boxes: tensor(boxes), labels, masks, stuff, size, padded: size } };
}

const limits = { mostOfLevel: 50, most: 50 };
const options = () => ({
  anchors: { sampler: randomSampler(generator), size: { count: 64, positiveShare: 0.5 } },
  proposals: limits,
  regions: { sampler: randomSampler(generator), size: { count: 32, positiveShare: 0.25 } },
});

function total({ proposals, stages, semantic }: RcnnLosses): Tensor {
  const ofStages = stages.flatMap(({ classification, boxes, masks }) => {
    return [classification, boxes, ...(masks ? [masks] : [])];
  });
  const ofProposals = [proposals.classification.sum(), proposals.boxes.sum()];
  return [...ofProposals, ...ofStages, ...(semantic ? [semantic] : [])].reduce((sum, loss) =>
    sum.add(loss),
  );
}

describe.each(kinds)('%s', (_, kind) => {
  test('learns of images without objects by scores alone', () => {
    const model = build(kind);
    const { images, objects } = scene();
    const none = {
      ...objects,
      boxes: zeros([0, 4]),
      labels: zeros([0], { dtype: 'i64' }),
      masks: zeros([0, size.height, size.width]),
    };
    const losses = model.losses(model.forward(images), [none], options());
    expect(losses.proposals.boxes.sum().number()).toBe(0);
    for (const { boxes, masks, classification } of losses.stages) {
      expect(boxes.number()).toBe(0);
      expect(masks?.number()).toBe(0);
      expect(classification.number()).toBeGreaterThan(0);
    }
    total(losses).backward();
  });
});

test('HTC learns the objects of an image, and outlines them in the original picture', () => {
  const model = build(htc);
  const { images, objects } = scene();
  const optimizer = new AdamW([{ parameters: model.namedParameters(), weightDecay: 0 }]);
  for (let step = 0; step < 120; step++) {
    scope(() => {
      const loss = total(model.losses(model.forward(images), [objects], options()));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step(3e-3);
    });
  }
  const features = model.eval().forward(images);
  const picture = { place: 0, size, scale: [2, 2] as const };
  const boxes = { leastScore: 0.05, most: 2, suppression: { threshold: 0.5 } };
  const found = model.detect(features, picture, { proposals: limits, boxes });
  const original = { height: 32, width: 48 };
  const { masks } = model.outline(features, found, { ...picture, original });
  expect(masks.shape).toEqual([2, 32, 48]);
  const overlaps = pairOverlaps(objects.boxes, found.boxes.mul(2)).amax({ dim: [1] });
  expect(overlaps.amin().number()).toBeGreaterThan(0.75);
  // The objects have 288 and 400 pixels there.
  expect(masks.sum([1, 2]).amin().number()).toBeGreaterThan(150);
});

describe('roiLevels', () => {
  test('reads larger regions from coarser levels, and the largest from the last', () => {
    const sides = [1, 111, 112, 224, 448, 5000];
    const levels = roiLevels(tensor(sides.map((side) => [0, 0, side, side])));
    expect([...levels.toArray()].map(Number)).toEqual([0, 0, 1, 2, 3, 3]);
  });
});
