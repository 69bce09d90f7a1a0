import { Generator, noGrad, rand, type Tensor } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { buildBackbone } from '../../backbones/build.js';
import { swin } from '../../backbones/testing/small-backbones.js';
import { MapPyramid } from '../../heads/segmentation/map-pyramid.js';
import type { Detector } from './detector.js';
import { Gfl } from './gfl/gfl.js';
import type { CascadeOptions } from './mask-rcnn.js';
import { FeaturePyramid } from './pyramid/feature-pyramid.js';
import { RcnnDetector } from './rcnn-detector.js';
import { cascadeStages } from './regions/stages.js';
import { findInViews, masksInViews, type SeenView } from './view-objects.js';

const size = { height: 64, width: 96 };
const limits = { mostOfLevel: 40, most: 30 };
const boxes = { leastScore: 0.1, most: 8, suppression: { threshold: 0.5 } };

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
  sharesBoxes: true,
  masksFlow: true,
  semantic: { classes: 4, depth: 1 },
};
const sizes = { classes: 3, channels: 16 };

function mapsOf(generator: Generator): MapPyramid {
  const encoder = buildBackbone(swin, size, { generator, finalNorm: false, nominal: size });
  return new MapPyramid(encoder, { kind: 'norm-linear', channels: 12 }, { generator });
}

/** A detector by regions, whose untrained scores and boxes lie far apart. */
function detector(kind?: CascadeOptions): RcnnDetector {
  const generator = new Generator(5);
  const sample = { count: 1, positiveShare: 1 };
  const use = { anchors: { size: sample }, regions: sample, boxes };
  const model = new RcnnDetector({
    ...sizes,
    maps: mapsOf(generator),
    boxChannels: 32,
    maskDepth: 1,
    cascade: kind,
    generator,
    use: { ...use, trainedProposals: limits, shownProposals: limits },
  });
  return spread(model, /rpn_(?:cls|reg)|fc_(?:cls|reg)|conv_logits/, generator);
}

function gfl(): Gfl {
  const generator = new Generator(5);
  const maps = mapsOf(generator);
  const levels = { inputs: maps.channels, channels: 16, levels: 5, firstMap: 1 } as const;
  const model = new Gfl({
    maps,
    neck: new FeaturePyramid({ ...levels, extra: 'convolution', norm: 'group', generator }),
    head: { ...sizes, inputs: 16, levels: 5, depth: 1, groups: 4 },
    detection: boxes,
    generator,
  });
  return spread(model, /gfl_(?:cls|reg)/, generator);
}

function spread<Model extends Gfl | RcnnDetector>(
  model: Model,
  wide: RegExp,
  generator: Generator,
): Model {
  noGrad(() => {
    for (const [name, weight] of model.namedParameters()) {
      if (wide.test(name)) weight.normal_({ std: weight.shape.length > 1 ? 0.3 : 0, generator });
    }
  });
  model.eval();
  return model;
}

const image = rand([1, 3, size.height, size.width], { generator: new Generator(7) });
const numbers = (x: Tensor | undefined) => [...(x?.contiguous().toArray() ?? [])].map(Number);

/** The view of an image, of which the original has twice the sides. */
function seen<Features>(
  model: Detector<Features>,
  images: Tensor,
  mirrored: boolean,
): SeenView<Features> {
  const original = { height: 2 * size.height, width: 2 * size.width };
  const picture = { place: 0, size, scale: [0.5, 0.5] as const, original };
  return { features: noGrad(() => model.forward(images)), picture, mirrored };
}

describe.each([
  ['GFL', gfl()],
  ['Mask R-CNN', detector()],
  ['Cascade Mask R-CNN', detector(cascade)],
  ['HTC', detector(htc)],
] as const)('in views of %s', (_, model: Detector) => {
  test('the same view twice finds what one finds', () => {
    const view = seen(model, image, false);
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
        const views = [seen(model, original, false), seen(model, other, true)];
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
});
