/** A detector as exports write it: boxes and scores before suppression, of images of one size. */
import { Generator, noGrad, rand, randn, type Tensor, tensor, zeros } from '@um-mae/torch';
import type { ImageSize } from '../../backbones/backbone.js';
import { counted } from '../../counted.js';
import {
  boxCandidates,
  gflCandidates,
  maskCandidates,
  proposalCandidates,
  stageCandidates,
} from '../../detection/networks/candidates.js';
import type { Detector } from '../../detection/networks/detector.js';
import { Gfl } from '../../detection/networks/gfl/gfl.js';
import { bestOfLevel } from '../../detection/networks/gfl/gfl-detect.js';
import { proposalOverlap } from '../../detection/networks/proposals/proposals.js';
import type { PyramidAnchors } from '../../detection/networks/pyramid/pyramid-anchors.js';
import { RcnnDetector } from '../../detection/networks/rcnn-detector.js';
import { semanticLevel } from '../../detection/networks/regions/semantic-head.js';
import { UmMaeError } from '../../errors.js';
import { gflGraph } from '../../export/onnx/detection/gfl.js';
import {
  boxGraph,
  maskGraph,
  proposalGraph,
  type ReadLevels,
  readLevels,
} from '../../export/onnx/detection/rcnn.js';
import type {
  Computation,
  ExportedNetwork,
  FoundObjects,
  RegionGraph,
} from '../../export/onnx/exported-network.js';
import type { NamedTensors } from '../../export/onnx/verify.js';
import type { ObjectRecipe } from '../../recipes/detection/object-recipe.js';
import { evaluationScale, paddedSize, sideMultiple } from './find-objects.js';

/** Describes the detector of a recipe for images of the size of evaluation, wider than high. */
export function exportedDetector(model: Detector, recipe: ObjectRecipe): ExportedNetwork {
  const classes = recipe.data.classes ?? [];
  const { long, short } = evaluationScale(recipe);
  const parts =
    model instanceof Gfl
      ? oneStage(model, recipe)
      : model instanceof RcnnDetector
        ? twoStages(model, recipe)
        : refuse();
  return {
    title: `${model.hasMasks ? 'instance segmentor' : 'detector'} of ${counted(classes.length, 'class', 'classes')}`,
    classes,
    image: paddedSize({ height: short, width: long }),
    fitting: 'pad',
    ...parts,
    transformers: undefined,
    isKnownToTimm: false,
  };
}

type Parts = { readonly computation: Computation; readonly objects: FoundObjects };

function refuse(): never {
  throw new UmMaeError('export', 'Expected a detector of a known kind but got another one.');
}

function oneStage(model: Gfl, recipe: ObjectRecipe): Parts {
  return {
    computation: {
      graph: (options) => gflGraph(model, anchorsFor(model, options.image), options),
      expected: (images) => ({ ...gflCandidates(model.forward(images)) }),
      output: 'boxes',
    },
    objects: {
      use: (image) => ({
        stages: 1,
        ...usedBy(recipe, anchorsFor(model, image)),
        mostOfLevel: bestOfLevel,
      }),
      interpolation: interpolationOf(recipe),
      regionGraphs: () => [],
    },
  };
}

function twoStages(model: RcnnDetector, recipe: ObjectRecipe): Parts {
  const { strides } = model.backbone;
  const { head } = recipe;
  const limits = head.kind === 'gfl' ? refuse() : head.proposals.evaluation;
  return {
    computation: {
      graph: (options) => proposalGraph(model, anchorsFor(model, options.image), options),
      expected: (images) => expectedProposals(model, images),
      output: 'proposal_boxes',
    },
    objects: {
      use: (image) => ({
        stages: 2,
        ...usedBy(recipe, anchorsFor(model, image)),
        strides: [...strides],
        proposals: { mostOfLevel: limits.ofLevel, most: limits.all, overlap: proposalOverlap },
        boxStages: model.rules.stages.length,
        hasMasks: model.hasMasks,
      }),
      interpolation: interpolationOf(recipe),
      regionGraphs: (image) => regionGraphs(model, image),
    },
  };
}

function usedBy(
  { inference: { leastScore, overlap, soft, most } }: ObjectRecipe,
  { grids, ofPlace }: PyramidAnchors,
) {
  const places = grids.map(({ rows, columns }) => rows * columns * ofPlace);
  return { places, leastScore, overlap, ...(soft && { soft }), most };
}

function interpolationOf({ published }: ObjectRecipe): FoundObjects['interpolation'] {
  return published ? 'bilinear' : 'bicubic';
}

/** @throws UmMaeError when an image of this size would leave something over on a map */
function anchorsFor(model: Gfl | RcnnDetector, { height, width }: ImageSize): PyramidAnchors {
  if (height % sideMultiple === 0 && width % sideMultiple === 0) {
    return noGrad(() => model.forward(zeros([1, 3, height, width])).anchors);
  }
  throw new UmMaeError(
    'export',
    `Expected images of a multiple of ${sideMultiple} pixels to export a detector for but got ${height}x${width}.`,
  );
}

function expectedProposals(model: RcnnDetector, images: Tensor): NamedTensors {
  const features = model.forward(images);
  const { boxes, scores } = proposalCandidates(features);
  const levels = features.levels.slice(0, readLevels);
  return {
    ...Object.fromEntries(levels.map((level, i) => [`level${i}`, level] as const)),
    proposal_boxes: boxes,
    proposal_scores: scores,
    ...(features.semantic && { semantic: features.semantic.embedding }),
  };
}

function regionGraphs(model: RcnnDetector, { height, width }: ImageSize): RegionGraph[] {
  const { strides } = model.backbone;
  const channels = channelsOf(model);
  const shapes = strides.map((stride) => [
    1,
    channels,
    Math.ceil(height / stride),
    Math.ceil(width / stride),
  ]);
  const read: ReadLevels = { strides, shapes };
  const inputs = () => regionInputs(read, model);
  const stages = model.rules.stages.map((_, stage): RegionGraph => {
    const isOnly = model.rules.stages.length === 1;
    return {
      name: stageNames[stage] ?? refuse(),
      graph: () => boxGraph(model, read, stage),
      inputs,
      expected: (given) =>
        isOnly
          ? { ...boxCandidates(model, readRegions(given)) }
          : { ...stageCandidates(model, stage, readRegions(given)) },
    };
  });
  const masks: RegionGraph = {
    name: 'masks',
    graph: () => maskGraph(model, read) ?? refuse(),
    inputs,
    expected: (given) => ({ masks: maskCandidates(model, readRegions(given)) }),
  };
  return model.hasMasks ? [...stages, masks] : stages;
}

/** The graph of each stage. */
const stageNames = ['boxes', 'boxes2', 'boxes3'] as const;

/** The channels of all levels. */
function channelsOf({ rpn_head: { rpn_conv: conv } }: RcnnDetector): number {
  const [, channels] = conv.weight.sizes(4);
  return channels;
}

/** Regions of a level that a graph is checked by. */
const checkedRegions = 25;

/** Random levels, and regions that are read from each. */
function regionInputs({ shapes, strides }: ReadLevels, { roi_head }: RcnnDetector): NamedTensors {
  const generator = new Generator(0);
  const entries = shapes.flatMap((shape, level) => {
    const stride = strides[level] ?? Number.NaN;
    // As large as this level is for, wherever they lie.
    const corners = rand([checkedRegions, 2], { generator }).mul(4 * stride);
    const sides = rand([checkedRegions, 2], { generator }).mul(7).add(17).mul(stride);
    const ends = corners.add(sides);
    return [
      [`level${level}`, randn([...shape], { generator })] as const,
      [`regions${level}`, joinedSides(corners, ends)] as const,
    ];
  });
  const like = roi_head.semantic_head && shapes[semanticLevel];
  const semantic = like && randn([...like], { generator }).relu();
  return { ...Object.fromEntries(entries), ...(semantic && { semantic }) };
}

function joinedSides(corners: Tensor, ends: Tensor): Tensor {
  const rows = [corners, ends].map((x) => [...x.toArray()].map(Number));
  const boxes = Array.from({ length: checkedRegions }, (_, i) =>
    rows.flatMap((numbers) => numbers.slice(2 * i, 2 * i + 2)),
  );
  return tensor(boxes);
}

function readRegions({ semantic: embedding, ...given }: NamedTensors) {
  const levels: Tensor[] = [];
  const regions: number[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith('level')) levels.push(value);
    else regions.push(...[...value.toArray()].map(Number));
  }
  return { levels, regions: tensor(regions).view([-1, 4]), embedding };
}
