import { Generator, noGrad, rand, type Tensor } from '@um-mae/torch';
import { expect, test } from 'vitest';
import { buildBackbone } from '../../backbones/build.js';
import { swin } from '../../backbones/testing/small-backbones.js';
import { MapPyramid } from '../../heads/segmentation/map-pyramid.js';
import { RcnnDetector } from './rcnn-detector.js';
import { findInViews, masksInViews, type SeenView } from './view-objects.js';

const size = { height: 64, width: 96 };
const limits = { mostOfLevel: 40, most: 30 };
const boxes = { leastScore: 0.1, most: 8, suppression: { threshold: 0.5 } };

function detector(): RcnnDetector {
  const generator = new Generator(5);
  const encoder = buildBackbone(swin, size, { generator, finalNorm: false, nominal: size });
  const maps = new MapPyramid(encoder, { kind: 'norm-linear', channels: 12 }, { generator });
  const sample = { count: 1, positiveShare: 1 };
  const use = { anchors: { size: sample }, regions: sample, boxes };
  const model = new RcnnDetector({
    maps,
    classes: 3,
    channels: 16,
    boxChannels: 32,
    maskDepth: 1,
    generator,
    use: { ...use, trainedProposals: limits, shownProposals: limits },
  });
  noGrad(() => {
    for (const [name, weight] of model.namedParameters()) {
      const isSpread = /rpn_(?:cls|reg)|fc_(?:cls|reg)|conv_logits/.test(name);
      if (isSpread && weight.shape.length > 1) weight.normal_({ std: 0.3, generator });
    }
  });
  model.eval();
  return model;
}

const model = detector();
const image = rand([1, 3, size.height, size.width], { generator: new Generator(7) });
const numbers = (x: Tensor | undefined) => [...(x?.contiguous().toArray() ?? [])].map(Number);

/** The view of an image, of which the original has twice the sides. */
function seen(images: Tensor, mirrored: boolean): SeenView<ReturnType<typeof model.forward>> {
  const original = { height: 2 * size.height, width: 2 * size.width };
  const picture = { place: 0, size, scale: [0.5, 0.5] as const, original };
  return { features: noGrad(() => model.forward(images)), picture, mirrored };
}

test('the same view twice finds what one finds', () => {
  const view = seen(image, false);
  const [one, two] = noGrad(() => [
    model.find(view.features, view.picture),
    findInViews(model, [view, view], boxes),
  ]);
  expect(one?.labels.elements).toBeGreaterThan(3);
  expect(numbers(two?.boxes)).toEqual(numbers(one?.boxes));
  expect(numbers(two?.scores)).toEqual(numbers(one?.scores));
});

test('an image and its mirror image find mirrored objects, whichever of them is the original', () => {
  const turned = image.flip([3]);
  const found = ([original, other]: readonly [Tensor, Tensor]) =>
    noGrad(() => {
      const views = [seen(original, false), seen(other, true)];
      const objects = findInViews(model, views, boxes);
      return { ...objects, masks: masksInViews(model, views, objects) };
    });
  const [own, mirrored] = [found([image, turned]), found([turned, image])];
  expect(own.labels.elements).toBeGreaterThan(3);
  expect(numbers(mirrored.labels)).toEqual(numbers(own.labels));
  const sides = numbers(mirrored.boxes);
  for (const [i, side] of numbers(own.boxes).entries()) {
    const isAcross = i % 2 === 0;
    const theirs = sides[isAcross ? i ^ 2 : i] ?? Number.NaN;
    expect(isAcross ? 2 * size.width - theirs : theirs).toBeCloseTo(side, 2);
  }
  const masks = numbers(own.masks);
  for (const [i, share] of numbers(mirrored.masks?.flip([2])).entries()) {
    expect(share).toBeCloseTo(masks[i] ?? Number.NaN, 3);
  }
});
