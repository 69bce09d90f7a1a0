/**
 * Mask R-CNN as torchvision defines it, to read its weights and to compare with its numbers: class
 * 0 is background, regions are not aligned, targets of masks are soft.
 */
import { cat, type Generator, type Tensor } from '@um-mae/torch';
import { Module } from '@um-mae/torch/nn';
import { roiAlign } from '@um-mae/torch/vision';
import { at } from '../../../at.js';
import type { MapPyramid } from '../../../heads/segmentation/map-pyramid.js';
import type { Sampler, SampleSize } from '../../assignment/sampling.js';
import { baseAnchors, gridAnchors } from '../../boxes/anchors.js';
import { bestBoxes, type Detections } from '../../boxes/class-boxes.js';
import { type PictureSize, sidesOf } from '../../boxes/corners.js';
import { decodeDeltas } from '../../boxes/deltas.js';
import { smoothL1 } from '../../losses/regression.js';
import { RpnHead, type RpnPredictions } from '../proposals/rpn-head.js';
import { FeaturePyramid } from '../pyramid/feature-pyramid.js';
import { BoxHead, boxHeadLosses } from '../regions/box-head.js';
import { MaskHead, maskLoss, masksOfClass } from '../regions/mask-head.js';
import { roiStrides, roisOf } from '../regions/roi-features.js';
import { type PlainProposalOptions, plainRpnLosses, proposePlainly } from './proposals.js';
import {
  type PlainImage,
  type PlainRegions,
  plainBoxTargets,
  plainDeviations,
  plainMaskTargets,
  plainRegions,
  positiveRegions,
} from './regions.js';

export interface PlainMaskRcnnOptions {
  readonly maps: MapPyramid;
  /** The number of classes, background left out. */
  readonly classes: number;
  readonly channels: number;
  readonly boxChannels: number;
  readonly maskDepth: number;
  /** Roots of the areas of anchors of each level, in pixels. */
  readonly anchorSizes: readonly number[];
  /** Rows and columns that boxes and masks are told from. */
  readonly sides: { readonly box: number; readonly mask: number };
  readonly generator: Generator;
}

/** The pyramid of a batch, and what proposals are made of. */
export interface PlainFeatures {
  readonly levels: readonly Tensor[];
  readonly predictions: RpnPredictions;
  /** [anchors, 4] of each level */
  readonly anchors: readonly Tensor[];
}

export interface PlainLossOptions {
  readonly anchors: { readonly sampler: Sampler; readonly size: SampleSize };
  readonly proposals: PlainProposalOptions;
  readonly regions: { readonly sampler: Sampler; readonly size: SampleSize };
}

const ratios = [0.5, 1, 2];
const beta = 1 / 9;

/** torchvision's detector of objects and their outlines. */
export class PlainMaskRcnn extends Module {
  readonly backbone: MapPyramid;
  readonly neck: FeaturePyramid;
  readonly rpn_head: RpnHead;
  readonly bbox_head: BoxHead;
  readonly mask_head: MaskHead;
  readonly #options: PlainMaskRcnnOptions;

  constructor(options: PlainMaskRcnnOptions) {
    super();
    const { maps, classes, channels, boxChannels, maskDepth, sides, generator } = options;
    const shared = { inputs: channels, channels, generator };
    this.backbone = maps;
    this.neck = new FeaturePyramid({
      inputs: maps.channels,
      channels,
      levels: 5,
      extra: 'subsample',
      generator,
    });
    this.rpn_head = new RpnHead({ ...shared, ofPlace: ratios.length });
    this.bbox_head = new BoxHead({
      inputs: channels,
      side: sides.box,
      classes,
      channels: boxChannels,
      movesBackground: true,
      generator,
    });
    this.mask_head = new MaskHead({ ...shared, classes: classes + 1, depth: maskDepth });
    this.#options = options;
  }

  /** @param images [batch, 3, height, width], normalised and padded */
  forward(images: Tensor): PlainFeatures {
    const [, , height, width] = images.sizes(4);
    const levels = this.neck.forward(this.backbone.forward(images));
    const predictions = this.rpn_head.forward(levels);
    const anchors = levels.map((level, i) => {
      const [, , rows, columns] = level.sizes(4);
      const sizes = [at(this.#options.anchorSizes, i)];
      const stride = [Math.floor(height / rows), Math.floor(width / columns)] as const;
      const base = baseAnchors({ sizes, ratios, rounded: true });
      return gridAnchors(base, { rows, columns, stride }).to(images.device);
    });
    return { levels, predictions, anchors };
  }

  losses(features: PlainFeatures, images: readonly PlainImage[], options: PlainLossOptions) {
    const { levels, predictions, anchors } = features;
    const ofProposals = plainRpnLosses(predictions, anchors, images, options.anchors);
    const regions = images.map((image, place) => {
      const given = { place, size: image.size };
      const { boxes } = proposePlainly(predictions, anchors, given, options.proposals);
      return plainRegions(boxes, image, options.regions);
    });
    const labels = cat(regions.map((own) => own.labels));
    const positives = labels.gt(0).nonzero().flatten();
    const rois = roisOf(regions.map(({ boxes }) => boxes));
    const targets = cat(regions.map((own, i) => plainBoxTargets(own, at(images, i)))).indexSelect(
      0,
      positives,
    );
    const predicted = this.bbox_head.forward(this.#read(levels, rois, 'box'));
    return {
      proposals: ofProposals,
      ...boxHeadLosses(predicted, labels, {
        positives,
        lossOf: (deltas) => smoothL1(deltas, targets, beta),
      }),
      masks: this.#maskLoss(levels, images, regions),
    };
  }

  #maskLoss(
    levels: readonly Tensor[],
    images: readonly PlainImage[],
    regions: readonly PlainRegions[],
  ): Tensor {
    const positive = regions.map(positiveRegions);
    const side = 2 * this.#options.sides.mask;
    const targets = positive.map((own, i) => plainMaskTargets(own, at(images, i), side));
    const rois = roisOf(positive.map(({ boxes }) => boxes));
    const logits = this.mask_head.forward(this.#read(levels, rois, 'mask'));
    return maskLoss(logits, cat(positive.map(({ labels }) => labels)), { targets: cat(targets) });
  }

  /**
   * Objects of an image in pixels of the resized picture, with their small masks, `[found, rows,
   * columns]`.
   */
  detect(
    { levels, predictions, anchors }: PlainFeatures,
    image: { readonly place: number; readonly size: PictureSize },
    options: { readonly proposals: PlainProposalOptions; readonly most: number },
  ): Detections & { readonly masks: Tensor } {
    const { boxes } = proposePlainly(predictions, anchors, image, options.proposals);
    const own = levels.map((level) => level.narrow(0, image.place, 1));
    const { scores, deltas } = this.bbox_head.forward(this.#read(own, roisOf([boxes]), 'box'));
    const decoding = { deviations: plainDeviations, size: image.size, limitsShrinking: false };
    const found = foundBoxes(
      decodeDeltas(boxes, deltas, decoding),
      scores.softmax(1),
      options.most,
    );
    const logits = this.mask_head.forward(this.#read(own, roisOf([found.boxes]), 'mask'));
    return { ...found, masks: masksOfClass(logits, found.labels).sigmoid() };
  }

  #read(levels: readonly Tensor[], rois: Tensor, kind: 'box' | 'mask'): Tensor {
    const side = this.#options.sides[kind];
    return roiAlign(levels.slice(0, roiStrides.length), rois, {
      bins: [side, side],
      strides: roiStrides,
      levels: levelsOf(rois.narrow(1, 1, 4)),
      samples: 2,
      aligned: false,
    });
  }
}

/** The level of each region: the epsilon is outside of the logarithm. */
function levelsOf(boxes: Tensor): Tensor {
  const { left, top, right, bottom } = sidesOf(boxes);
  const side = right.sub(left).mul(bottom.sub(top)).sqrt();
  const levels = side.div(224).log().div(Math.LN2).add(4).add(1e-6).floor();
  return levels.clamp({ min: 2, max: 5 }).sub(2).to('i64');
}

/** The best boxes of all classes but background. @param boxes [regions, 4 * classes] */
function foundBoxes(boxes: Tensor, scores: Tensor, most: number): Detections {
  const [count, classes] = scores.sizes(2);
  const flat = boxes.view([count * classes, 4]);
  const { left, top, right, bottom } = sidesOf(flat);
  const isReal = right.sub(left).ge(0.01).logicalAnd(bottom.sub(top).ge(0.01));
  const isLikely = scores.flatten().gt(0.05);
  const places = isReal.logicalAnd(isLikely).nonzero().flatten();
  const labels = places.remainder(classes);
  const kept = labels.gt(0).nonzero().flatten();
  const chosen = places.indexSelect(0, kept);
  const found = {
    boxes: flat.indexSelect(0, chosen),
    scores: scores.flatten().indexSelect(0, chosen),
    labels: labels.indexSelect(0, kept),
  };
  return bestBoxes(found, { most, suppression: { threshold: 0.5 } });
}
