/**
 * A detector with a head of generalised focal loss, which needs no proposals.
 *
 * Source: Li et al. 2020 (GFL), arXiv:2006.04388; on the pyramid of Li et al. 2022 (UM-MAE),
 * published detection. Names are those of published checkpoints.
 */
import type { Generator, Tensor } from '@um-mae/torch';
import { Module } from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import type { Backbone } from '../../../backbones/backbone.js';
import type { Detections, SuppressionOptions } from '../../boxes/class-boxes.js';
import type { Detector, DetectorLosses, LearningRules, ShownPicture } from '../detector.js';
import type { OutlinedObjects } from '../image-objects.js';
import type { LevelMaker, MapSource } from '../pyramid/map-source.js';
import { type PyramidAnchors, pyramidAnchors } from '../pyramid/pyramid-anchors.js';
import { detectGfl, type GflDetectionOptions } from './gfl-detect.js';
import { GflHead, type GflHeadOptions, type GflPredictions } from './gfl-head.js';
import { gflLosses, gflTargets } from './gfl-loss.js';

export interface GflOptions {
  readonly maps: MapSource;
  /** Makes levels of the maps, the first of them of the stride of the second map. */
  readonly neck: LevelMaker;
  readonly head: Omit<GflHeadOptions, 'generator'>;
  readonly detection: GflDetectionOptions;
  readonly generator: Generator;
}

/** The predictions of a batch, and the anchors that they are for. */
export interface GflFeatures extends GflPredictions {
  readonly levels: readonly Tensor[];
  readonly anchors: PyramidAnchors;
}

/** A detector of boxes. */
export class Gfl extends Module implements Detector<GflFeatures> {
  readonly backbone: MapSource;
  readonly neck: LevelMaker;
  readonly bbox_head: GflHead;
  readonly classes: number;
  readonly hasMasks = false;
  readonly #levels: number;
  readonly #detection: GflDetectionOptions;

  constructor({ maps, neck, head, detection, generator }: GflOptions) {
    super();
    this.backbone = maps;
    this.neck = neck;
    this.bbox_head = new GflHead({ ...head, generator });
    this.classes = head.classes;
    this.#levels = head.levels;
    this.#detection = detection;
  }

  /** Tensors of the backbone have no prefix, as in every network on one. */
  override *children(): ReturnType<Module['children']> {
    for (const [name, child] of super.children()) {
      yield [child === this.backbone ? '' : name, child];
    }
  }

  get encoder(): Backbone {
    return this.backbone.encoder;
  }

  forward(images: Tensor): GflFeatures {
    const levels = this.neck.forward(this.backbone.forward(images));
    const predicted = this.bbox_head.forward(levels);
    const scores = predicted.scores.map((map) => map.to('f32'));
    const distances = predicted.distances.map((map) => map.to('f32'));
    const finest = at(this.backbone.strides, 1);
    const strides = Array.from({ length: this.#levels }, (_, i) => finest * 2 ** i);
    return { levels, scores, distances, anchors: pyramidAnchors(scores, { strides, ratios: [1] }) };
  }

  learn(
    features: GflFeatures,
    objects: readonly OutlinedObjects[],
    { divisor }: LearningRules,
  ): DetectorLosses {
    const targets = gflTargets(features.anchors, objects, this.classes);
    const losses = gflLosses(features, features.anchors, targets, divisor);
    return {
      classes: losses.classification.sum(),
      boxes: losses.boxes.sum(),
      distances: losses.distribution.sum(),
    };
  }

  find(
    features: GflFeatures,
    { place, ...picture }: ShownPicture,
    suppression: Partial<SuppressionOptions> = {},
  ): Detections {
    const options = { ...this.#detection, ...suppression };
    return detectGfl(features, features.anchors, { image: place, ...picture }, options);
  }
}
