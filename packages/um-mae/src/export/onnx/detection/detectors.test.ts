import { Generator, noGrad, rand, randn, type Tensor, tensor } from '@um-mae/torch';
import { BatchNorm2d } from '@um-mae/torch/nn';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { buildBackbone } from '../../../backbones/build.js';
import type { BackboneOptions } from '../../../backbones/families.js';
import { pvt, swin, vit } from '../../../backbones/testing/small-backbones.js';
import { suppressionOf } from '../../../detection/boxes/suppression-of.js';
import {
  boxCandidates,
  gflCandidates,
  maskCandidates,
  proposalCandidates,
  stageCandidates,
} from '../../../detection/networks/candidates.js';
import { Gfl } from '../../../detection/networks/gfl/gfl.js';
import type { CascadeOptions } from '../../../detection/networks/mask-rcnn.js';
import { FeaturePyramid } from '../../../detection/networks/pyramid/feature-pyramid.js';
import type { MapSource } from '../../../detection/networks/pyramid/map-source.js';
import { PlainLevels, SimplePyramid } from '../../../detection/networks/pyramid/simple-pyramid.js';
import { RcnnDetector } from '../../../detection/networks/rcnn-detector.js';
import { semanticLevel } from '../../../detection/networks/regions/semantic-head.js';
import { cascadeStages } from '../../../detection/networks/regions/stages.js';
import {
  type DetectorSettings,
  detect,
  preparePicture,
  type RunGraph,
  regionsByLevel,
} from '../../../detection/plain/index.js';
import { MapPyramid } from '../../../heads/segmentation/map-pyramid.js';
import { encodeModel } from '../graph/model-message.js';
import type { ModelGraph } from '../model.js';
import { verify, verifyInputs } from '../verify.js';
import { gflGraph } from './gfl.js';
import { boxGraph, maskGraph, proposalGraph, readLevels } from './rcnn.js';

const image = { height: 64, width: 96 };
const classes = 3;

/** Windows of a ViT in these tests: of five patches, in all blocks but the last. */
const windows = { side: 5, global: 1 };

function mapsOf(backbone: BackboneOptions, generator: Generator): MapSource {
  const nominal = { height: 64, width: 64 };
  const encoder = buildBackbone(backbone, nominal, {
    generator,
    finalNorm: false,
    trainedPositions: true,
    nominal,
    windows: backbone.kind === 'vit' && backbone.registers > 0 ? windows : undefined,
  });
  return encoder.channels.length > 1
    ? new MapPyramid(
        encoder,
        { kind: 'norm-linear', channels: 12 },
        { generator, globalBlock: true },
      )
    : new SimplePyramid({ encoder, channels: 16, generator });
}

const channels = 16;

const softly = { overlap: 0.5, soft: { decay: 'linear', sigma: 0.5, least: 0.12 } } as const;

function gfl(backbone: BackboneOptions): Gfl {
  const generator = new Generator(3);
  const maps = mapsOf(backbone, generator);
  const sizes = { inputs: maps.channels, channels, levels: 5, firstMap: 1 } as const;
  const model = new Gfl({
    maps,
    neck:
      maps instanceof SimplePyramid
        ? new PlainLevels({ firstMap: 1, levels: 5 })
        : new FeaturePyramid({ ...sizes, extra: 'convolution', norm: 'batch', generator }),
    head: { inputs: channels, classes, levels: 5, channels, depth: 1, groups: 4 },
    detection: { leastScore: 0.1, suppression: suppressionOf(softly), most: 12 },
    generator,
  });
  return spread(model);
}

const proposals = { mostOfLevel: 60, most: 40, threshold: 0.7 };

const cascade: CascadeOptions = {
  stages: cascadeStages({ takesBest: false }),
  boxCost: { kind: 'giou' },
  isInterleaved: false,
  layers: { convolutions: 1, linear: 1, norm: 'batch' },
  sharesBoxes: false,
  masksFlow: false,
};
const htc: CascadeOptions = {
  ...cascade,
  layers: { convolutions: 1, linear: 1, norm: 'group' },
  sharesBoxes: true,
  masksFlow: true,
  semantic: { classes: 4, depth: 1 },
};

function rcnn(backbone: BackboneOptions, kind?: CascadeOptions): RcnnDetector {
  const generator = new Generator(5);
  const model = new RcnnDetector({
    maps: mapsOf(backbone, generator),
    neck: backbone.kind === 'vit' ? new PlainLevels({ firstMap: 0, levels: 5 }) : undefined,
    classes,
    channels,
    boxChannels: 32,
    maskDepth: 1,
    cascade: kind,
    generator,
    use: {
      anchors: { size: { count: 1, positiveShare: 1 } },
      regions: { count: 1, positiveShare: 1 },
      trainedProposals: proposals,
      shownProposals: proposals,
      boxes: { leastScore: 0.1, most: 10, suppression: { threshold: 0.5 } },
    },
  });
  return spread(model);
}

/** Gives a network weights and statistics by which scores lie far apart. */
function spread<Model extends Gfl | RcnnDetector>(model: Model): Model {
  const generator = new Generator(7);
  noGrad(() => {
    for (const module of model.modules()) {
      if (!(module instanceof BatchNorm2d)) continue;
      module.running_mean.uniform_({ from: -1, to: 1, generator });
      module.running_var.uniform_({ from: 0.5, to: 2, generator });
    }
    const layers =
      model instanceof Gfl
        ? [model.bbox_head.gfl_cls, model.bbox_head.gfl_reg]
        : [model.rpn_head.rpn_cls, model.rpn_head.rpn_reg, ...boxLayers(model)];
    for (const { weight, bias } of [...layers, ...globalLayers(model)]) {
      weight.normal_({ std: 0.1, generator });
      bias?.normal_({ std: 0.3, generator });
    }
  });
  model.eval();
  return model;
}

/** Layers that begin as zeros. */
function globalLayers({ backbone }: Gfl | RcnnDetector) {
  const block = backbone instanceof MapPyramid ? backbone.global_block : undefined;
  return block ? [block.attn.proj, block.mlp.fc2] : [];
}

function boxLayers({ roi_head: { boxHeads: heads } }: RcnnDetector) {
  return heads.flatMap((head) => [head.fc_cls, head.fc_reg, ...head.shared_fcs]);
}

function encoded(graph: ModelGraph): Uint8Array {
  return encodeModel({ name: 'test', producerVersion: '0', metadata: {}, ...graph });
}

function anchorsOf(model: Gfl | RcnnDetector) {
  return noGrad(() => model.forward(randn([1, 3, image.height, image.width])).anchors);
}

const options = { image, batch: 'batch', precision: 'f32' } as const;
const shape = [2, 3, image.height, image.width];

const backbones = [
  ['a Swin', swin],
  ['a PVT', pvt],
  ['a ViT', vit],
  ['a ViT with windows', { ...vit, registers: 1 }],
] as const;

test.each(backbones)('a graph gives the boxes and scores of GFL on %s', async (_, backbone) => {
  const model = gfl(backbone);
  const graph = gflGraph(model, anchorsOf(model), options);
  const { difference } = await verify(encoded(graph), {
    shape,
    expected: (images) => ({ ...gflCandidates(model.forward(images)) }),
    threads: 1,
  });
  expect(difference).toBeLessThan(1e-5);
});

describe.each([
  ...backbones
    .slice(0, 3)
    .map(([title, backbone]) => [`Mask R-CNN on ${title}`, backbone, undefined] as const),
  ['Cascade Mask R-CNN', pvt, cascade],
  ['HTC', pvt, htc],
] as const)('graphs of %s', (_, backbone, kind) => {
  const model = rcnn(backbone, kind);
  const { semantic_head: semantic } = model.roi_head;
  const { strides } = model.backbone;

  test('give the levels and proposals', async () => {
    const graph = proposalGraph(model, anchorsOf(model), options);
    const { difference } = await verify(encoded(graph), {
      shape,
      expected: (images) => {
        const features = model.forward(images);
        const { boxes, scores } = proposalCandidates(features);
        const levels = features.levels.slice(0, readLevels);
        const named = levels.map((level, i) => [`level${i}`, level] as const);
        return {
          proposal_boxes: boxes,
          proposal_scores: scores,
          ...Object.fromEntries(named),
          ...(features.semantic && { semantic: features.semantic.embedding }),
        };
      },
      threads: 1,
    });
    expect(difference).toBeLessThan(1e-5);
  });

  test('give the boxes and masks of regions, of a level without any, too', async () => {
    const generator = new Generator(9);
    const shapes = strides.map((stride) => [
      1,
      channels,
      Math.ceil(image.height / stride),
      Math.ceil(image.width / stride),
    ]);
    const levels = shapes.map((own) => randn(own, { generator }));
    // Of the levels 0, 3, 0 and 1.
    const finest = strides[0] ?? Number.NaN;
    const sides = [
      [3, 2],
      [120, 118],
      [2, 1.5],
      [30, 31],
    ];
    const boxes = sides.map(([width = 0, height = 0], i) => [
      i,
      2 * i,
      i + width * finest,
      2 * i + height * finest,
    ]);
    const byLevel = regionsByLevel(Float32Array.from(boxes.flat()), strides);
    expect(byLevel.boxes.map((own) => own.length / 4)).toEqual([2, 1, 0, 1]);
    const regions = tensor(byLevel.order.map((place) => boxes[place] ?? []));
    const named = Object.fromEntries([
      ...levels.map((level, i) => [`level${i}`, level] as const),
      ...byLevel.boxes.map((own, i) => [`regions${i}`, tensor([...own]).view([-1, 4])] as const),
    ]);
    const read = { shapes, strides };
    const masks = maskGraph(model, read);
    if (!masks) throw new RangeError('expected a mask head');
    const embedding = semantic && randn(shapes[semanticLevel] ?? [], { generator });
    const given = { levels, regions, embedding };
    const checks = [
      ...model.rules.stages.map((_, stage) => {
        const told = () =>
          kind ? stageCandidates(model, stage, given) : boxCandidates(model, given);
        return [boxGraph(model, read, stage), () => ({ ...told() })] as const;
      }),
      [masks, () => ({ masks: maskCandidates(model, given) })] as const,
    ];
    for (const [graph, expected] of checks) {
      const { difference } = await verifyInputs(encoded(graph), {
        inputs: { ...named, ...(embedding && { semantic: embedding }) },
        expected,
        threads: 1,
      });
      expect(difference).toBeLessThan(1e-5);
    }
  });
});

describe('um-mae/detect finds by graphs what the network finds', () => {
  const picture = {
    width: 70,
    height: 90,
    data: new Uint8Array(
      rand([90, 70, 3], { generator: new Generator(12) })
        .mul(255)
        .to('u8')
        .toArray() as Uint8Array,
    ),
  };
  const shared = {
    ...image,
    interpolation: 'bicubic',
    mean: [0.5, 0.4, 0.3],
    deviation: [0.2, 0.3, 0.4],
    classes: ['cell', 'dust', 'glass'],
  } as const;

  async function running(graph: ModelGraph): Promise<RunGraph> {
    const session = await InferenceSession.create(encoded(graph));
    return async (inputs) => {
      const feeds = Object.entries(inputs).map(
        ([name, { data, shape: sizes }]) => [name, new OnnxTensor('float32', data, sizes)] as const,
      );
      const found = await session.run(Object.fromEntries(feeds));
      const arrays = Object.entries(found).map(
        ([name, { data, dims }]) => [name, { data: data as Float32Array, shape: dims }] as const,
      );
      return Object.fromEntries(arrays);
    };
  }

  function shown(settings: DetectorSettings) {
    const { pixels, resized, original } = preparePicture(picture, settings);
    const images = tensor([...pixels]).view([1, 3, image.height, image.width]);
    const scale = [resized.width / original.width, resized.height / original.height] as const;
    return { images, place: 0, size: resized, scale, original };
  }

  const numbers = (x: Tensor) => [...x.to('f32').contiguous().toArray()].map(Number);

  test('of one stage, lowering scores', async () => {
    const model = gfl(swin);
    const anchors = anchorsOf(model);
    const places = anchors.grids.map(({ rows, columns }) => rows * columns);
    const settings: DetectorSettings = {
      ...shared,
      detector: { stages: 1, places, leastScore: 0.1, ...softly, most: 12, mostOfLevel: 1000 },
    };
    const found = await detect(picture, settings, {
      picture: await running(gflGraph(model, anchors, options)),
    });
    const { images, ...own } = shown(settings);
    const expected = noGrad(() => model.find(model.forward(images), own));
    expect(found.length).toBeGreaterThan(5);
    expect(found.map(({ label }) => label)).toEqual(numbers(expected.labels));
    for (const [i, { score }] of found.entries()) {
      expect(score).toBeCloseTo(numbers(expected.scores)[i] ?? Number.NaN, 4);
    }
    const boxes = numbers(expected.boxes);
    for (const [i, side] of found.flatMap(({ box }) => box).entries()) {
      expect(Math.abs(side - (boxes[i] ?? Number.NaN))).toBeLessThan(1e-3);
    }
  });

  test.each([
    ['two stages', undefined],
    ['a cascade', cascade],
    ['HTC', htc],
  ] as const)('of %s, with masks', async (_, kind) => {
    const model = rcnn(swin, kind);
    const anchors = anchorsOf(model);
    const { strides } = model.backbone;
    const settings: DetectorSettings = {
      ...shared,
      detector: {
        stages: 2,
        places: anchors.grids.map(({ rows, columns }) => rows * columns * anchors.ofPlace),
        strides: [...strides],
        proposals: { mostOfLevel: proposals.mostOfLevel, most: proposals.most, overlap: 0.7 },
        leastScore: 0.1,
        overlap: 0.5,
        most: 10,
        boxStages: model.rules.stages.length,
        hasMasks: true,
      },
    };
    const shapes = anchors.grids
      .slice(0, readLevels)
      .map(({ rows, columns }) => [1, channels, rows, columns]);
    const read = { shapes, strides };
    const masks = maskGraph(model, read);
    const stage = (k: number) =>
      k < model.rules.stages.length ? running(boxGraph(model, read, k)) : undefined;
    const found = await detect(picture, settings, {
      picture: await running(proposalGraph(model, anchors, options)),
      boxes: await stage(0),
      boxes2: await stage(1),
      boxes3: await stage(2),
      masks: masks && (await running(masks)),
    });
    const { images, ...own } = shown(settings);
    const expected = noGrad(() => {
      const features = model.forward(images);
      return model.outline(features, model.find(features, own), own);
    });
    expect(found.length).toBeGreaterThan(3);
    expect(found.map(({ label }) => label)).toEqual(numbers(expected.labels));
    const boxes = numbers(expected.boxes);
    for (const [i, { box, mask }] of found.entries()) {
      for (const [k, side] of box.entries()) {
        expect(Math.abs(side - (boxes[4 * i + k] ?? Number.NaN))).toBeLessThan(1e-3);
      }
      const area = mask?.pixels.reduce((sum, pixel) => sum + pixel, 0) ?? Number.NaN;
      const theirs = expected.masks.select(0, i).sum().number();
      expect(Math.abs(area - theirs)).toBeLessThan(3);
    }
  });
});
