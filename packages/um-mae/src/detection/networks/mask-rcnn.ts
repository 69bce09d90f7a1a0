/**
 * Mask R-CNN: proposals, then a box, a class and a mask for each of them.
 *
 * Source: He et al. 2017, arXiv:1703.06870, as mmdet defines it. Names are those of published
 * checkpoints.
 */
import { ok as assert } from 'node:assert';
import { cat, type Generator, type Tensor, tensor } from '@um-mae/torch';
import { Module } from '@um-mae/torch/nn';
import { pasteMasks } from '@um-mae/torch/vision';
import { at } from '../../at.js';
import { bestClassBoxes, type ClassBoxesOptions, type Detections } from '../boxes/class-boxes.js';
import { decodeDeltas } from '../boxes/deltas.js';
import { BoxHead, type BoxHeadOptions, type BoxPredictions, boxHeadLosses } from './box-head.js';
import type { ShownPicture } from './detector.js';
import { FeaturePyramid } from './feature-pyramid.js';
import type { ResizedPicture } from './gfl-detect.js';
import type { ImageObjects, OutlinedObjects } from './image-objects.js';
import type { LevelMaker, MapSource } from './map-source.js';
import { MaskHead, type MaskHeadOptions, maskLoss, masksOfClass } from './mask-head.js';
import { type ProposalOptions, proposals } from './proposals.js';
import { type PyramidAnchors, pyramidAnchors } from './pyramid-anchors.js';
import { type RoiFeatureOptions, roiFeatures, roisOf } from './roi-features.js';
import { type RoiSampleOptions, type RoiSamples, sampleRois } from './roi-samples.js';
import {
  boxDeviations,
  boxTargets,
  maskTargets,
  positiveBoxes,
  positiveLabels,
} from './roi-targets.js';
import { RpnHead, type RpnPredictions } from './rpn-head.js';
import { type RpnLosses, type RpnLossOptions, rpnLosses } from './rpn-loss.js';

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
  readonly generator: Generator;
}

/** The pyramid of a batch, and what proposals are made of. */
export interface RcnnFeatures {
  readonly levels: readonly Tensor[];
  readonly predictions: RpnPredictions;
  readonly anchors: PyramidAnchors;
}

export interface RcnnLossOptions {
  readonly anchors: RpnLossOptions;
  readonly proposals: ProposalOptions;
  readonly regions: Omit<RoiSampleOptions, 'classes'>;
}

/** Losses of a batch: of proposals for each level, the others as numbers. */
export interface RcnnLosses {
  readonly proposals: RpnLosses;
  readonly classification: Tensor;
  readonly boxes: Tensor;
  /** Undefined without a mask head. */
  readonly masks: Tensor | undefined;
}

/** Objects with their outlines in a picture of the original size. */
export interface MaskDetections extends Detections {
  /** bool [found, height, width] */
  readonly masks: Tensor;
}

/** Heights over widths of anchors. */
const ratios = [0.5, 1, 2];

/** The probability from which on a pixel is inside. */
const maskThreshold = 0.5;

/** A detector of objects and their outlines. */
export class MaskRcnn extends Module {
  readonly backbone: MapSource;
  readonly neck: LevelMaker;
  readonly rpn_head: RpnHead;
  readonly roi_head: RoiHeads;
  readonly classes: number;
  /** Rows and columns that boxes and masks are told from. */
  readonly sides: { readonly box: number; readonly mask: number };
  readonly #anchorScale: number | undefined;

  constructor(options: MaskRcnnOptions) {
    super();
    const { maps, classes, channels = 256, generator, sides = { box: 7, mask: 14 } } = options;
    const inputs = maps.channels;
    this.backbone = maps;
    this.neck =
      options.neck ??
      new FeaturePyramid({ inputs, channels, levels: 5, extra: 'subsample', generator });
    const ofPlace = ratios.length;
    this.rpn_head = new RpnHead({ inputs: channels, channels, ofPlace, generator });
    this.roi_head = new RoiHeads(options, { channels, side: sides.box });
    this.classes = classes;
    this.sides = sides;
    this.#anchorScale = options.anchorScale;
  }

  /** @param images [batch, 3, height, width], normalised */
  forward(images: Tensor): RcnnFeatures {
    const levels = this.neck.forward(this.backbone.forward(images)).map(inFull);
    const { scores, deltas } = this.rpn_head.forward(levels);
    const predictions = { scores: scores.map(inFull), deltas: deltas.map(inFull) };
    const strides = [...this.backbone.strides, 2 * at(this.backbone.strides, -1)];
    const anchors = pyramidAnchors(scores, { strides, ratios, scale: this.#anchorScale });
    return { levels, predictions, anchors };
  }

  losses(
    { levels, predictions, anchors }: RcnnFeatures,
    images: readonly OutlinedObjects[],
    options: RcnnLossOptions,
  ): RcnnLosses {
    const ofProposals = rpnLosses(predictions, anchors, images, options.anchors);
    const samples = images.map((image, place) => {
      const given = { place, size: image.size };
      const { boxes } = proposals(predictions, anchors, given, options.proposals);
      return sampleRois(boxes, image, { ...options.regions, classes: this.classes });
    });
    return {
      proposals: ofProposals,
      ...this.#boxLosses(levels, images, samples),
      masks: this.#maskLoss(levels, images, samples),
    };
  }

  #boxLosses(
    levels: readonly Tensor[],
    images: readonly ImageObjects[],
    samples: readonly RoiSamples[],
  ) {
    const rois = roisOf(samples.map(({ boxes }) => boxes));
    const predicted = this.#boxes(levels, rois);
    const labels = cat(samples.map((own) => own.labels));
    const targets = boxTargets(samples, images);
    const positives = labels.lt(this.classes).nonzero().flatten();
    return boxHeadLosses(predicted, labels, { positives, targets });
  }

  /** The way that regions of a map as high and wide are read. */
  #reading(side: number): RoiFeatureOptions {
    return { side, strides: this.backbone.strides };
  }

  /** The answers of the box head for regions [count, 5]. */
  #boxes(levels: readonly Tensor[], rois: Tensor): BoxPredictions {
    const features = roiFeatures(levels, rois, this.#reading(this.sides.box));
    const { scores, deltas } = this.roi_head.bbox_head.forward(features);
    return { scores: inFull(scores), deltas: inFull(deltas) };
  }

  #maskLoss(
    levels: readonly Tensor[],
    images: readonly OutlinedObjects[],
    samples: readonly RoiSamples[],
  ): Tensor | undefined {
    const { mask_head: head } = this.roi_head;
    if (!head) return undefined;
    const rois = roisOf(samples.map(positiveBoxes));
    const features = roiFeatures(levels, rois, this.#reading(this.sides.mask));
    const logits = inFull(head.forward(features));
    const targets = maskTargets(samples, images, 2 * this.sides.mask);
    return maskLoss(logits, cat(samples.map(positiveLabels)), targets);
  }

  /** @param image its place in the batch @returns boxes in pixels of the original picture */
  detect(
    { levels, predictions, anchors }: RcnnFeatures,
    { place, size, scale }: ResizedPicture & { readonly place: number },
    options: { readonly proposals: ProposalOptions; readonly boxes: ClassBoxesOptions },
  ): Detections {
    const { boxes } = proposals(predictions, anchors, { place, size }, options.proposals);
    const own = levels.map((level) => level.narrow(0, place, 1));
    const { scores, deltas } = this.#boxes(own, roisOf([boxes]));
    const decoded = decodeDeltas(boxes, deltas, { deviations: boxDeviations, size });
    const factors = factorsOf(scale, decoded).repeat([this.classes]);
    const probabilities = scores.softmax(1).narrow(1, 0, this.classes);
    return bestClassBoxes(decoded.div(factors), probabilities, options.boxes);
  }

  /** Probabilities of the masks of detections, [found, rows, columns], with a mask head. */
  masks(
    { levels }: RcnnFeatures,
    { boxes, labels }: Detections,
    { place, scale }: Pick<ShownPicture, 'place' | 'scale'>,
  ): Tensor {
    const own = levels.map((level) => level.narrow(0, place, 1));
    const rois = roisOf([boxes.mul(factorsOf(scale, boxes))]);
    const { mask_head: head } = this.roi_head;
    assert(head, 'a detector that outlines has a mask head');
    const features = roiFeatures(own, rois, this.#reading(this.sides.mask));
    return masksOfClass(inFull(head.forward(features)), labels).sigmoid();
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

/** The heads of regions, under their published names. */
class RoiHeads extends Module {
  readonly bbox_head: BoxHead;
  readonly mask_head: MaskHead | undefined;

  constructor(
    { classes, boxChannels, maskDepth, hasMasks = true, generator }: MaskRcnnOptions,
    { channels, side }: { readonly channels: number; readonly side: number },
  ) {
    super();
    const shared = { inputs: channels, classes, generator };
    this.bbox_head = new BoxHead({
      ...shared,
      side,
      ...(boxChannels && { channels: boxChannels }),
    });
    this.mask_head = hasMasks
      ? new MaskHead({ ...shared, channels, ...(maskDepth && { depth: maskDepth }) })
      : undefined;
  }
}

/** New sides over old ones of each side of a box. @returns [4] */
function factorsOf([across, down]: ResizedPicture['scale'], { device }: Tensor): Tensor {
  return tensor([across, down, across, down], { device });
}

/** Boxes are computed in f32, whatever the precision of matrix products. */
function inFull(x: Tensor): Tensor {
  return x.to('f32');
}
