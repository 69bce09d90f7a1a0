/**
 * The simple pyramid of a plain backbone: maps of four strides from its last one.
 *
 * Source: Li et al. 2022 (ViTDet), arXiv:2203.16527, section 3.
 */
import type { Generator, Tensor } from '@um-mae/torch';
import {
  Gelu,
  type Layer,
  LayerNorm,
  Module,
  Sequential,
  TransposedConv2d,
  UnbiasedConv2d,
} from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { wholeGrid } from '../../../backbones/parts/grid/patch-grid.js';
import { MaxPool } from '../../../heads/segmentation/map-pyramid.js';
import { everySecond } from './feature-pyramid.js';
import type { LevelMaker, MapSource } from './map-source.js';

export interface SimplePyramidOptions {
  /** A backbone of one stage; the sides of its patches are a power of two. */
  readonly encoder: Backbone;
  /** Channels of the maps. */
  readonly channels: number;
  readonly generator: Generator;
}

const mapStrides = [4, 8, 16, 32];

/** Maps of strides 4, 8, 16 and 32 from the tokens of a plain backbone. */
export class SimplePyramid extends Module implements MapSource {
  readonly encoder: Backbone;
  readonly simple_fpn: readonly Sequential[];
  readonly channels: readonly number[];
  readonly strides: readonly number[] = mapStrides;

  constructor({ encoder, channels, generator }: SimplePyramidOptions) {
    super();
    this.encoder = encoder;
    this.simple_fpn = mapStrides.map((stride) => {
      const doublings = Math.round(Math.log2(encoder.patch / stride));
      const { layers, width } = resizing(encoder.width, doublings, generator);
      return new Sequential(...layers, ...mixing(width, channels, generator));
    });
    this.channels = this.simple_fpn.map(() => channels);
  }

  /** Tensors of the backbone have no prefix, as in every network on one. */
  override *children(): ReturnType<Module['children']> {
    for (const [name, child] of super.children()) yield [child === this.encoder ? '' : name, child];
  }

  /** @param images [batch, 3, height, width], normalised */
  forward(images: Tensor): Tensor[] {
    const { patch } = this.encoder;
    const last = at(this.encoder.forward(wholeGrid(images, patch)).maps, -1);
    const map = last.permute([0, 3, 1, 2]);
    return this.simple_fpn.map((layers) => layers.forward(map));
  }
}

/** Chooses some maps as levels, and adds coarser ones by every second place of the last. */
export class PlainLevels extends Module implements LevelMaker {
  readonly #firstMap: number;
  readonly #levels: number;

  constructor({ firstMap, levels }: { readonly firstMap: number; readonly levels: number }) {
    super();
    this.#firstMap = firstMap;
    this.#levels = levels;
  }

  forward(maps: readonly Tensor[]): Tensor[] {
    const levels = maps.slice(this.#firstMap);
    while (levels.length < this.#levels) levels.push(everySecond(at(levels, -1)));
    return levels;
  }
}

/** Layers that make a map finer or coarser, and the channels that come of it. */
function resizing(width: number, times: number, generator: Generator) {
  const layers: Layer[] = [];
  if (times < 0) layers.push(new MaxPool(2 ** -times));
  let own = width;
  for (let i = 0; i < times; i++) {
    if (i > 0) layers.push(new MapNormalisation(own), new Gelu());
    const next = Math.max(1, Math.floor(own / 2));
    layers.push(new TransposedConv2d(own, next, { kernel: 2, generator }));
    own = next;
  }
  return { layers, width: own };
}

/** A convolution of one place and one of nine, each with a norm over channels. */
function mixing(width: number, channels: number, generator: Generator): Layer[] {
  return [
    new UnbiasedConv2d(width, channels, { kernel: 1, generator }),
    new MapNormalisation(channels),
    new UnbiasedConv2d(channels, channels, { kernel: 3, padding: 1, generator }),
    new MapNormalisation(channels),
  ];
}

/** LayerNorm over the channels of each place. */
export class MapNormalisation extends LayerNorm {
  constructor(channels: number) {
    super(channels, { epsilon: 1e-6 });
  }

  /** @param x [batch, channels, height, width] */
  override forward(x: Tensor): Tensor {
    return super.forward(x.permute([0, 2, 3, 1])).permute([0, 3, 1, 2]);
  }
}
