/**
 * A backbone that tells the class of every pixel: UPerNet on its maps, and in training an auxiliary
 * head on the last map but one.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, semantic segmentation; Xiao et al. 2018
 * (UPerNet), arXiv:1807.10221.
 */
import type { Generator, Tensor } from '@um-mae/torch';
import { Module } from '@um-mae/torch/nn';
import { at } from '../../at.js';
import type { Backbone, ImageSize } from '../../backbones/backbone.js';
import { buildBackbone } from '../../backbones/build.js';
import { type BackboneOptions, shapeOf } from '../../backbones/families.js';
import { UmMaeError } from '../../errors.js';
import type { MapNorm } from '../normed-conv.js';
import { Fcn } from './fcn.js';
import { MapPyramid, type Projection } from './map-pyramid.js';
import { UperNet } from './upernet.js';

/** The parts of a segmentor. */
export interface SegmentorOptions {
  readonly backbone: BackboneOptions;
  /** The images that stored positions are made for; the network takes any size. */
  readonly image: ImageSize;
  /** The images that windows are made for. Default: `image`. */
  readonly nominal?: ImageSize | undefined;
  /**
   * Blocks of a plain backbone, from 0, after which a map is taken. Default: after a third, half,
   * two thirds and all of them.
   */
  readonly taps?: readonly number[] | undefined;
  /**
   * Whether a plain backbone has a bias for each difference of positions: then it takes images of
   * one size. Default false.
   */
  readonly relativePositions?: boolean | undefined;
  readonly projection: Projection;
  readonly head: {
    /** Channels that UPerNet computes with. */
    readonly channels: number;
    /** Squares that the coarsest map is pooled to, along each side. Default 1, 2, 3, 6. */
    readonly pools?: readonly number[];
    readonly dropout: number;
    readonly norm: MapNorm;
    readonly alignCorners: boolean;
  };
  /** The head that only training has; none where it is undefined. */
  readonly auxiliary?: { readonly channels: number } | undefined;
  readonly classes: number;
}

/** The answer of a segmentor for images. */
export interface SegmentorLogits {
  /** [batch, classes, rows, columns], at the stride of the finest map. */
  readonly decode: Tensor;
  /** [batch, classes, rows, columns], of the map that the auxiliary head sees. */
  readonly auxiliary: Tensor | undefined;
}

const publishedPools = [1, 2, 3, 6] as const;

/** A backbone with a segmentation head, which computes the logits of every pixel. */
export class Segmentor extends Module {
  readonly backbone: MapPyramid;
  readonly decode_head: UperNet;
  readonly auxiliary_head: Fcn | undefined;

  /** @throws UmMaeError when the image is smaller than a token of the coarsest map */
  constructor(
    readonly options: SegmentorOptions,
    { generator }: { readonly generator: Generator },
  ) {
    super();
    const { backbone, image, nominal = image, taps, relativePositions } = options;
    const { projection, head, auxiliary, classes } = options;
    checkImage(options);
    const encoder = buildBackbone(backbone, image, {
      generator,
      finalNorm: false,
      trainedPositions: true,
      nominal,
      relativePositions,
      taps: taps ? () => taps : publishedTaps,
    });
    this.backbone = new MapPyramid(encoder, projection, { generator });
    const { channels: inputs } = this.backbone;
    const shared = { ...head, classes, generator };
    this.decode_head = new UperNet({ pools: publishedPools, ...shared, inputs });
    this.auxiliary_head =
      auxiliary && new Fcn({ ...shared, channels: auxiliary.channels, inputs: at(inputs, -2) });
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

  /**
   * The least size of an image that every map has a place for; of relative positions the only one.
   */
  get leastSize(): ImageSize {
    const { relativePositions, image } = this.options;
    const side = leastSide(this.options);
    return relativePositions ? image : { height: side, width: side };
  }

  /** @param images f32 [batch, 3, height, width], normalised, of `leastSize` or more */
  forward(images: Tensor): SegmentorLogits {
    const maps = this.backbone.forward(images);
    const decode = this.decode_head.forward(maps);
    const auxiliary = this.training ? this.auxiliary_head?.forward(at(maps, -2)) : undefined;
    return { decode, auxiliary };
  }
}

/**
 * The blocks of a plain backbone of so many blocks after which maps are taken: the third, half, two
 * thirds and all of them, as published for 12 and 24 blocks.
 */
function publishedTaps(blocks: number): number[] {
  const ends = [
    Math.floor(blocks / 3),
    Math.floor(blocks / 2),
    Math.ceil((2 * blocks) / 3),
    blocks,
  ];
  return ends.map((end) => Math.max(end, 1) - 1);
}

/** The coarsest map of a plain backbone is that of squares of 2 or more tokens. */
function leastSide({ backbone }: Pick<SegmentorOptions, 'backbone'>): number {
  const { strides, patch } = shapeOf(backbone);
  return strides.length > 1 ? at(strides, -1) : Math.max(2 * patch, 32);
}

function checkImage(options: SegmentorOptions): void {
  const { image, nominal = image } = options;
  const least = leastSide(options);
  const { height, width } = nominal;
  if (height >= least && width >= least) return;
  throw new UmMaeError(
    'image-size',
    `Expected images of ${least} pixels or more on each side but got ${height}x${width}.`,
  );
}
