/**
 * Mask R-CNN: proposals, then a box, a class and a mask for each of them, in one stage, or in the
 * three of a cascade.
 *
 * Source: He et al. 2017, arXiv:1703.06870, Cai and Vasconcelos 2018 (Cascade R-CNN),
 * arXiv:1712.00726, and Chen et al. 2019 (HTC), arXiv:1901.07518, as mmdet defines them. Names are
 * those of published checkpoints.
 */
import { ok as assert } from 'node:assert';
import { type Generator, type Tensor, tensor } from '@um-mae/torch';
import { Module } from '@um-mae/torch/nn';
import { pasteMasks } from '@um-mae/torch/vision';
import { at } from '../../at.js';
import { bestClassBoxes, type ClassBoxesOptions, type Detections } from '../boxes/class-boxes.js';
import type { PictureSize } from '../boxes/corners.js';
import { decodeDeltas } from '../boxes/deltas.js';
import type { ShownPicture } from './detector.js';
import type { ResizedPicture } from './gfl/gfl-detect.js';
import type { OutlinedObjects } from './image-objects.js';
import { inFull } from './in-full.js';
import { type ProposalOptions, proposals } from './proposals/proposals.js';
import { RpnHead, type RpnPredictions } from './proposals/rpn-head.js';
import { type RpnLosses, type RpnLossOptions, rpnLosses } from './proposals/rpn-loss.js';
import { FeaturePyramid } from './pyramid/feature-pyramid.js';
import type { LevelMaker, MapSource } from './pyramid/map-source.js';
import { type PyramidAnchors, pyramidAnchors } from './pyramid/pyramid-anchors.js';
import type { BoxHeadOptions } from './regions/box-head.js';
import type { MaskHeadOptions } from './regions/mask-head.js';
import { movedBoxes } from './regions/refined-boxes.js';
import { roisOf } from './regions/roi-features.js';
import { meanOf, RoiHeads, type RoiSource } from './regions/roi-heads.js';
import {
  type RegionDraws,
  roiLosses,
  type StageLosses,
  type StageRules,
} from './regions/roi-losses.js';
import {
  type SemanticHeadOptions,
  type SemanticPredictions,
  semanticLoss,
} from './regions/semantic-head.js';
import { onlyStage } from './regions/stages.js';

/** The stages of a detector, and what is special in their heads. */
export interface CascadeOptions extends StageRules {
  /** Layers of box heads. Default two linear ones. */
  readonly layers?: BoxHeadOptions['layers'];
  /** Whether one box is told for all classes. */
  readonly sharesBoxes: boolean;
  /** Whether the masks of a stage take what those before made of the same region. */
  readonly masksFlow: boolean;
  /** The semantic branch; undefined without one. */
  readonly semantic?: Pick<SemanticHeadOptions, 'classes' | 'depth'> | undefined;
}

export interface MaskRcnnOptions {
  readonly maps: MapSource;
  /** Makes five levels of the maps, of strides 4 to 64. Default: a feature pyramid without norms. */
  readonly neck?: LevelMaker | undefined;
  readonly classes: number;
  /** Channels of the levels, of proposals and of masks. Default 256. */
  readonly channels?: number;
  /** Roots of the areas of anchors, in strides of their levels. Default 8. */
  readonly anchorScale?: number | undefined;
  /** Channels of the box head. Default 1024. */
  readonly boxChannels?: BoxHeadOptions['channels'];
  /** Convolutions of the mask head. Default 4. */
  readonly maskDepth?: MaskHeadOptions['depth'];
  /** Whether objects get outlines; without them this is Faster R-CNN. Default true. */
  readonly hasMasks?: boolean | undefined;
  /** Rows and columns that boxes and masks are told from. Default 7 and 14. */
  readonly sides?: { readonly box: number; readonly mask: number };
  /** Default the one stage of Mask R-CNN. */
  readonly cascade?: CascadeOptions | undefined;
  readonly generator: Generator;
}

/** The pyramid of a batch, and what proposals are made of. */
export interface RcnnFeatures {
  readonly levels: readonly Tensor[];
  readonly predictions: RpnPredictions;
  readonly anchors: PyramidAnchors;
  /** Those of the semantic branch, where there is one. */
  readonly semantic: SemanticPredictions | undefined;
}

export interface RcnnLossOptions {
  readonly anchors: RpnLossOptions;
  readonly proposals: ProposalOptions;
  readonly regions: RegionDraws;
}

/** Losses of a batch: of proposals for each level, the others as numbers. */
export interface RcnnLosses {
  readonly proposals: RpnLosses;
  /** Those of each stage, not weighted. */
  readonly stages: readonly StageLosses[];
  /** Undefined without a semantic branch. */
  readonly semantic: Tensor | undefined;
}

/** Objects with their outlines in a picture of the original size. */
export interface MaskDetections extends Detections {
  /** bool [found, height, width] */
  readonly masks: Tensor;
}

/** Heights over widths of anchors. */
const ratios = [0.5, 1, 2];

/** The levels of the pyramid. */
const levelCount = 5;

/** The probability from which on a pixel is inside. */
const maskThreshold = 0.5;

/** The rules of Mask R-CNN itself. */
const oneStage: StageRules = {
  stages: [onlyStage],
  boxCost: { kind: 'deltas', beta: 0 },
  isInterleaved: false,
};

/** A detector of objects and their outlines. */
export class MaskRcnn extends Module {
  readonly backbone: MapSource;
  readonly neck: LevelMaker;
  readonly rpn_head: RpnHead;
  readonly roi_head: RoiHeads;
  readonly classes: number;
  /** Rows and columns that boxes and masks are told from. */
  readonly sides: { readonly box: number; readonly mask: number };
  readonly rules: StageRules;
  readonly #anchorScale: number | undefined;

  constructor(options: MaskRcnnOptions) {
    super();
    const { maps, classes, channels = 256, generator, sides = { box: 7, mask: 14 } } = options;
    const inputs = maps.channels;
    this.backbone = maps;
    this.neck =
      options.neck ??
      new FeaturePyramid({ inputs, channels, levels: levelCount, extra: 'subsample', generator });
    const ofPlace = ratios.length;
    this.rpn_head = new RpnHead({ inputs: channels, channels, ofPlace, generator });
    this.roi_head = roiHeadsOf(options, { channels, sides });
    this.classes = classes;
    this.sides = sides;
    this.rules = options.cascade ?? oneStage;
    this.#anchorScale = options.anchorScale;
  }

  /** @param images [batch, 3, height, width], normalised */
  forward(images: Tensor): RcnnFeatures {
    const levels = this.neck.forward(this.backbone.forward(images)).map(inFull);
    const { scores, deltas } = this.rpn_head.forward(levels);
    const predictions = { scores: scores.map(inFull), deltas: deltas.map(inFull) };
    const strides = [...this.backbone.strides, 2 * at(this.backbone.strides, -1)];
    const anchors = pyramidAnchors(scores, { strides, ratios, scale: this.#anchorScale });
    const semantic = this.roi_head.semantic_head?.forward(levels);
    return {
      levels,
      predictions,
      anchors,
      semantic: semantic && {
        logits: inFull(semantic.logits),
        embedding: inFull(semantic.embedding),
      },
    };
  }

  losses(
    features: RcnnFeatures,
    images: readonly OutlinedObjects[],
    options: RcnnLossOptions,
  ): RcnnLosses {
    const { levels, predictions, anchors, semantic } = features;
    const ofProposals = rpnLosses(predictions, anchors, images, options.anchors);
    const proposed = images.map(({ size }, place) => {
      return proposals(predictions, anchors, { place, size }, options.proposals).boxes;
    });
    const batch = { levels, embedding: semantic?.embedding, images, proposals: proposed };
    const rules = { ...this.rules, ...options.regions, classes: this.classes };
    return {
      proposals: ofProposals,
      stages: roiLosses(this.roi_head, batch, rules),
      semantic:
        semantic && semanticLoss(semantic.logits, images.map(stuffOf), options.regions.divisor),
    };
  }

  /** @param image its place in the batch @returns boxes in pixels of the original picture */
  detect(
    features: RcnnFeatures,
    { place, size, scale }: ResizedPicture & { readonly place: number },
    options: { readonly proposals: ProposalOptions; readonly boxes: ClassBoxesOptions },
  ): Detections {
    const { predictions, anchors } = features;
    const { boxes } = proposals(predictions, anchors, { place, size }, options.proposals);
    const { boxes: decoded, scores } = this.#told(sourceOf(features, place), boxes, size);
    const [, width] = decoded.sizes(2);
    const factors = factorsOf(scale, decoded).repeat([width / 4]);
    const probabilities = scores.softmax(1).narrow(1, 0, this.classes);
    return bestClassBoxes(decoded.div(factors), probabilities, options.boxes);
  }

  /** Boxes of the last stage, cut to the picture, and mean logits of all stages. */
  #told(source: RoiSource, proposed: Tensor, size: PictureSize) {
    const { stages } = this.rules;
    let regions = proposed;
    let predicted = this.roi_head.boxes(0, source, roisOf([regions]));
    const logits = [predicted.scores];
    for (const [k, { deviations }] of stages.slice(0, -1).entries()) {
      regions = movedBoxes({ boxes: regions, predicted, deviations, size });
      predicted = this.roi_head.boxes(k + 1, source, roisOf([regions]));
      logits.push(predicted.scores);
    }
    const { deviations } = at(stages, -1);
    const boxes = decodeDeltas(regions, predicted.deltas, { deviations, size });
    return { boxes, scores: meanOf(logits) };
  }

  /** Probabilities of the masks of detections, [found, rows, columns], with a mask head. */
  masks(
    features: RcnnFeatures,
    { boxes, labels }: Detections,
    { place, scale }: Pick<ShownPicture, 'place' | 'scale'>,
  ): Tensor {
    const rois = roisOf([boxes.mul(factorsOf(scale, boxes))]);
    assert(this.roi_head.mask_head, 'a detector that outlines has a mask head');
    return this.roi_head.ownMasks(sourceOf(features, place), rois, labels);
  }

  /** Masks of detections, in a picture of the original size; of a detector with a mask head. */
  outline(
    features: RcnnFeatures,
    found: Detections,
    picture: Pick<ShownPicture, 'place' | 'scale' | 'original'>,
  ): MaskDetections {
    return { ...found, masks: pastedMasks(this.masks(features, found, picture), found, picture) };
  }
}

/** Masks where their objects lie in the original picture, bool [found, height, width]. */
export function pastedMasks(
  probabilities: Tensor,
  { boxes }: Detections,
  { original }: Pick<ShownPicture, 'original'>,
): Tensor {
  return pasteMasks(probabilities, boxes, { ...original, threshold: maskThreshold });
}

function roiHeadsOf(
  { maps, classes, boxChannels, maskDepth, hasMasks = true, cascade, generator }: MaskRcnnOptions,
  { channels, sides }: { readonly channels: number; readonly sides: MaskRcnn['sides'] },
): RoiHeads {
  const { layers, sharesBoxes, masksFlow, semantic } = cascade ?? {};
  return new RoiHeads({
    classes,
    channels,
    strides: maps.strides,
    sides,
    stages: cascade?.stages.length,
    box: { ...(boxChannels && { channels: boxChannels }), layers, sharesBoxes },
    mask: hasMasks ? { ...(maskDepth && { depth: maskDepth }) } : undefined,
    masksFlow,
    semantic: semantic && { ...semantic, levels: levelCount },
    generator,
  });
}

/** The maps of one picture of a batch. */
function sourceOf({ levels, semantic }: RcnnFeatures, place: number): RoiSource {
  return {
    levels: levels.map((level) => level.narrow(0, place, 1)),
    embedding: semantic?.embedding.narrow(0, place, 1),
  };
}

/** The classes of an image's places, i64 [rows, columns] of the semantic branch. */
function stuffOf({ stuff }: OutlinedObjects): Tensor {
  assert(stuff, 'images whose stuff is learnt have a map of it');
  return stuff;
}

/** New sides over old ones of each side of a box. @returns [4] */
function factorsOf([across, down]: ResizedPicture['scale'], { device }: Tensor): Tensor {
  return tensor([across, down, across, down], { device });
}
