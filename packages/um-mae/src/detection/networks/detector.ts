/** The contract of detectors: what training, evaluation and predictions use of each. */
import type { Tensor } from '@um-mae/torch';
import type { Divisor, Module } from '@um-mae/torch/nn';
import type { Backbone } from '../../backbones/backbone.js';
import type { Sampler } from '../assignment/sampling.js';
import type { Detections, SuppressionOptions } from '../boxes/class-boxes.js';
import type { PictureSize } from '../boxes/corners.js';
import type { ResizedPicture } from './gfl/gfl-detect.js';
import type { OutlinedObjects } from './image-objects.js';

/** A picture of a batch. */
export interface ShownPicture extends ResizedPicture {
  /** The place in the batch. */
  readonly place: number;
  readonly original: PictureSize;
}

/** Losses of a batch by name; their sum is what is learnt. */
export type DetectorLosses = Readonly<Record<string, Tensor>>;

/** The draws and the means of a batch that is learnt from. */
export interface LearningRules {
  /** Draws the anchors and regions that are learnt from. */
  readonly sampler: Sampler;
  /** Divides sums of losses by their counts. Default: by those of this batch. */
  readonly divisor?: Divisor | undefined;
}

/**
 * A network that finds objects, whose tensors of the backbone have no prefix.
 *
 * @template Features what all its predictions for a batch are made of
 */
export interface Detector<Features = unknown> extends Module {
  readonly encoder: Backbone;
  readonly classes: number;
  /** Whether it tells the outlines of objects. */
  readonly hasMasks: boolean;

  /** @param images f32 [batch, 3, height, width], normalised; sides that 32 divides */
  forward(images: Tensor): Features;

  learn(
    features: Features,
    objects: readonly OutlinedObjects[],
    rules: LearningRules,
  ): DetectorLosses;

  /**
   * Boxes in pixels of the original picture.
   *
   * @param suppression of boxes by others; default: the detector's own
   */
  find(features: Features, picture: ShownPicture, suppression?: SuppressionOptions): Detections;

  /**
   * Probabilities of the masks of what was found, [found, rows, columns], where the detector has
   * masks.
   */
  masks?(features: Features, found: Detections, picture: ShownPicture): Tensor;
}
