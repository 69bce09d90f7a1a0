/** The detector of a recipe: a backbone, a pyramid, and heads. */
import type { Generator } from '@um-mae/torch';
import { at } from '../../at.js';
import type { ImageSize } from '../../backbones/backbone.js';
import { buildBackbone } from '../../backbones/build.js';
import { suppressionOf } from '../../detection/boxes/suppression-of.js';
import type { Detector } from '../../detection/networks/detector.js';
import { Gfl } from '../../detection/networks/gfl/gfl.js';
import type { CascadeOptions } from '../../detection/networks/mask-rcnn.js';
import { FeaturePyramid } from '../../detection/networks/pyramid/feature-pyramid.js';
import type { LevelMaker, MapSource } from '../../detection/networks/pyramid/map-source.js';
import { PlainLevels, SimplePyramid } from '../../detection/networks/pyramid/simple-pyramid.js';
import { RcnnDetector, type RcnnUse } from '../../detection/networks/rcnn-detector.js';
import { cascadeStages } from '../../detection/networks/regions/stages.js';
import { RecipeError, UmMaeError } from '../../errors.js';
import type { MapNorm } from '../../heads/normed-conv.js';
import { MapPyramid } from '../../heads/segmentation/map-pyramid.js';
import type { ObjectRecipe } from '../../recipes/detection/object-recipe.js';

/** Levels of both kinds of detectors. */
const levels = 5;

type Head<Kind> = Extract<ObjectRecipe['head'], { readonly kind: Kind }>;

/**
 * Builds the network, with first weights.
 *
 * @throws UmMaeError when its images are smaller than a token of the coarsest map
 */
export function buildDetector(recipe: ObjectRecipe, generator: Generator): Detector {
  const { head, data } = recipe;
  const classes = data.classes?.length ?? 0;
  const maps = mapsOf(recipe, generator);
  return head.kind === 'gfl'
    ? buildGfl(recipe, head, { maps, classes, generator })
    : buildRcnn(recipe, head, { maps, classes, generator });
}

const alreadyGlobal =
  'Expected no `globalBlock` on a backbone whose blocks attend to all of the image but got one.';

interface Parts {
  readonly maps: MapSource;
  readonly classes: number;
  readonly generator: Generator;
}

function mapsOf(recipe: ObjectRecipe, generator: Generator): MapSource {
  const { backbone, image, windows, projection, head, globalBlock } = recipe;
  const nominal = nominalSize(recipe);
  const encoder = buildBackbone(backbone, image, {
    generator,
    finalNorm: false,
    trainedPositions: true,
    nominal,
    windows: windows ?? undefined,
  });
  checkNominal(nominal, at(encoder.strides, -1));
  if (encoder.channels.length > 1) {
    return new MapPyramid(encoder, projection, { generator, globalBlock });
  }
  if (globalBlock) throw new RecipeError([{ path: 'globalBlock', message: alreadyGlobal }]);
  return new SimplePyramid({ encoder, channels: head.channels, generator });
}

/** The size of images that windows are made for. */
function nominalSize({ input, image }: ObjectRecipe): ImageSize {
  return input.kind === 'jitter' ? { height: input.height, width: input.width } : image;
}

function checkNominal({ height, width }: ImageSize, least: number): void {
  if (height >= least && width >= least) return;
  throw new UmMaeError(
    'image-size',
    `Expected images of ${least} pixels or more on each side but got ${height}x${width}.`,
  );
}

function buildGfl(recipe: ObjectRecipe, head: Head<'gfl'>, parts: Parts): Detector {
  const { maps, classes, generator } = parts;
  const { channels, norm, depth } = head;
  const { leastScore, most } = recipe.inference;
  const neck = neckOf(recipe, parts, { firstMap: 1, extra: 'convolution', norm });
  return new Gfl({
    maps,
    neck,
    head: { inputs: channels, classes, levels, channels, depth, groups: groupsOf(channels) },
    detection: { leastScore, suppression: suppressionOf(recipe.inference), most },
    generator,
  });
}

/** Groups of the norms of a head: 32, or fewer where there are few channels. */
function groupsOf(channels: number): number | undefined {
  return channels % 32 === 0 ? 32 : undefined;
}

type RcnnHead = Exclude<ObjectRecipe['head'], { readonly kind: 'gfl' }>;

function buildRcnn(recipe: ObjectRecipe, head: RcnnHead, parts: Parts): Detector {
  const { maps, classes, generator } = parts;
  const { channels, norm, boxChannels, anchorScale } = head;
  return new RcnnDetector({
    maps,
    neck: neckOf(recipe, parts, { firstMap: 0, extra: 'subsample', norm }),
    classes,
    channels,
    anchorScale,
    boxChannels,
    hasMasks: recipe.task === 'instances',
    ...('maskDepth' in head && { maskDepth: head.maskDepth }),
    cascade: cascadeOf(head),
    generator,
    use: useOf(recipe, head),
  });
}

/** The difference from which on smooth L1 is straight: of proposals, and of the boxes of stages. */
const betas = { proposals: 1 / 9, stages: 1 } as const;

/** The stages of a head; undefined where it has one. */
function cascadeOf(head: RcnnHead): CascadeOptions | undefined {
  if (!('boxLayers' in head)) return undefined;
  const isHybrid = head.kind === 'htc';
  return {
    stages: cascadeStages({ takesBest: isHybrid }),
    boxCost: head.boxLoss === 'giou' ? { kind: 'giou' } : { kind: 'deltas', beta: betas.stages },
    isInterleaved: isHybrid,
    layers: head.boxLayers,
    sharesBoxes: sharesBoxes(head),
    masksFlow: isHybrid,
    semantic: head.kind === 'htc' && head.stuff !== null ? { classes: head.stuff } : undefined,
  };
}

/** Whether one box of a region is told for all classes. */
export function sharesBoxes(head: ObjectRecipe['head']): boolean {
  return head.kind === 'htc' || (head.kind === 'cascade' && head.sharesBoxes);
}

function useOf({ inference }: ObjectRecipe, head: RcnnHead): RcnnUse {
  const { leastScore, most } = inference;
  const { anchors, regions, proposals } = head;
  const limits = ({ ofLevel, all }: typeof proposals.training) => {
    return { mostOfLevel: ofLevel, most: all };
  };
  const isCascade = 'boxLayers' in head;
  return {
    anchors: {
      size: { count: anchors, positiveShare: 0.5 },
      insideOnly: isCascade,
      beta: isCascade ? betas.proposals : 0,
    },
    regions: { count: regions, positiveShare: 0.25 },
    trainedProposals: limits(proposals.training),
    shownProposals: limits(proposals.evaluation),
    boxes: { leastScore, most, suppression: suppressionOf(inference) },
  };
}

interface NeckOptions {
  readonly firstMap: number;
  readonly extra: 'subsample' | 'convolution';
  readonly norm: MapNorm | 'none';
}

function neckOf(
  { head: { channels } }: ObjectRecipe,
  { maps, generator }: Parts,
  { firstMap, ...options }: NeckOptions,
): LevelMaker {
  if (maps instanceof SimplePyramid) return new PlainLevels({ firstMap, levels });
  const inputs = maps.channels;
  return new FeaturePyramid({ inputs, channels, levels, firstMap, ...options, generator });
}
