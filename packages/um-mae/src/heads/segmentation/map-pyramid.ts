/**
 * A backbone and what makes four maps of it, of strides of about 4, 8, 16 and 32 pixels.
 *
 * Source: Li et al. 2022 (UM-MAE), published segmentation and detection code; the pyramid of a
 * plain ViT as in BEiT and MAE (arXiv:2111.06377, appendix A.4). Names are those of published
 * checkpoints.
 */
import { type Generator, maxPool2d, noGrad, type Tensor } from '@um-mae/torch';
import {
  BatchNorm2d,
  Conv2d,
  Gelu,
  type Layer,
  LayerNorm,
  Linear,
  Module,
  Sequential,
  TransposedConv2d,
} from '@um-mae/torch/nn';
import { at } from '../../at.js';
import type { Backbone } from '../../backbones/backbone.js';
import { TransformerBlock } from '../../backbones/parts/blocks/transformer-block.js';
import { wholeGrid } from '../../backbones/parts/grid/patch-grid.js';

/**
 * The layers after each stage of a pyramid: none, a bare 1x1 convolution, LayerNorm and Linear, or
 * LayerNorm alone.
 */
export type ProjectionKind = 'none' | 'conv' | 'norm-linear' | 'norm';

/** The way from maps of a backbone to those of the heads. */
export interface Projection {
  readonly kind: ProjectionKind;
  /** Channels of all maps; with `none` and `norm` they are those of the stages. */
  readonly channels: number;
}

/** A layer between a map of the backbone and the heads. */
export interface Step {
  /** The name of the layer in the state. */
  readonly name: string;
  readonly layer: Layer;
  /** Whether it takes [..., channels]; else [batch, channels, height, width]. */
  readonly takesTokens: boolean;
}

export interface MapPyramidOptions {
  readonly generator: Generator;
  /** Whether every place of the last map attends to all of them. Default false. */
  readonly globalBlock?: boolean | undefined;
}

/** Four maps of images of any size. */
export class MapPyramid extends Module {
  /** Channels of each map. */
  readonly channels: readonly number[];
  /** Pixels of the image to a place of each map. */
  readonly strides: readonly number[];
  /** One for each map; none where a map stays as it is. */
  readonly steps: readonly (Step | undefined)[];
  /** Attention of all places of the last map to all of them. */
  readonly global_block: TransformerBlock | undefined;

  constructor(
    readonly encoder: Backbone,
    { kind, channels }: Projection,
    { generator, globalBlock = false }: MapPyramidOptions,
  ) {
    super();
    this.global_block = globalBlock ? globalBlockOf(encoder, generator) : undefined;
    const { channels: stages, patch } = encoder;
    const [width = 0, ...more] = stages;
    if (more.length === 0) {
      this.steps = plainSteps({ width, patch }, generator);
      this.channels = this.steps.map(() => width);
      const finest = patch / 2 ** plainDoublings(patch);
      this.strides = this.steps.map((_, i) => finest * 2 ** i);
    } else {
      this.steps = stages.map((own, i) => projectionStep(kind, i, [own, channels], generator));
      this.channels = keepsChannels(kind) ? stages : stages.map(() => channels);
      this.strides = encoder.strides;
    }
  }

  override *children(): ReturnType<Module['children']> {
    yield ['', this.encoder];
    if (this.global_block) yield ['global_block', this.global_block];
    for (const step of this.steps) if (step) yield [step.name, step.layer];
  }

  /**
   * @param images [batch, 3, height, width], normalised; what is left of patches below and on the
   *   right has no place on the maps
   * @returns [batch, channels, rows, columns] for each map, from the finest to the coarsest
   */
  forward(images: Tensor): Tensor[] {
    const { patch } = this.encoder;
    const { maps } = this.encoder.forward(wholeGrid(images, patch));
    const last = at(maps, -1);
    const seen = [...maps.slice(0, -1), seenByAll(last, this.global_block)];
    return this.steps.map((step, i) => applyStep(step, at(seen, i)));
  }
}

/** Channels of a head, as in the stages of Swin. */
const headChannels = 32;

/**
 * The block that HTC++ appends to the last stage, of which no more is published than that it
 * attends to everything (Liu et al. 2021, arXiv:2103.14030, section 4.2). Ours is that of a plain
 * ViT, without positions; its outputs begin as zeros, so that it changes nothing at first.
 */
function globalBlockOf({ width: channels }: Backbone, generator: Generator): TransformerBlock {
  const heads = channels % headChannels === 0 ? channels / headChannels : 1;
  const sizes = { channels, heads, mlpRatio: 4, epsilon: 1e-5 };
  const block = new TransformerBlock({ ...sizes, generator });
  noGrad(() => {
    for (const { weight, bias } of [block.attn.proj, block.mlp.fc2]) {
      weight.zero_();
      bias?.zero_();
    }
  });
  return block;
}

/** @param map [batch, height, width, channels] */
function seenByAll(map: Tensor, block: TransformerBlock | undefined): Tensor {
  if (!block) return map;
  return block.forward(map.flatten({ startDim: 1, endDim: 2 })).reshape(map.shape);
}

/** @param tokens [batch, height, width, channels] */
function applyStep(step: Step | undefined, tokens: Tensor): Tensor {
  const asMap = (x: Tensor) => x.permute([0, 3, 1, 2]);
  if (step?.takesTokens) return asMap(step.layer.forward(tokens));
  return step ? step.layer.forward(asMap(tokens)) : asMap(tokens);
}

function keepsChannels(kind: ProjectionKind): boolean {
  return kind === 'none' || kind === 'norm';
}

/** Makes the projection of the map of stage `i`. */
function projectionStep(
  kind: ProjectionKind,
  i: number,
  [own, channels]: readonly [own: number, channels: number],
  generator: Generator,
): Step | undefined {
  if (kind === 'none') return undefined;
  if (kind === 'conv') {
    const layer = new Conv2d(own, channels, { kernel: 1, generator });
    return { name: `fpn${i + 1}`, layer, takesTokens: false };
  }
  if (kind === 'norm') {
    return { name: `norm${i}`, layer: new LayerNorm(own), takesTokens: true };
  }
  const linear = new Linear(own, channels, { generator });
  noGrad(() => linear.weight.normal_({ std: 0.02, generator }));
  const layer = new Sequential(new LayerNorm(own), linear);
  return { name: `up${i + 1}`, layer, takesTokens: true };
}

/** The number of maps that a plain backbone becomes. */
const plainMaps = 4;

/**
 * Makes the maps of a plain backbone finer by transposed convolutions, and coarser by the largest
 * of each square: from patches of 16 pixels two, one, none, and squares of 2 tokens.
 */
function plainSteps(
  { width, patch }: { readonly width: number; readonly patch: number },
  generator: Generator,
): (Step | undefined)[] {
  const doublings = plainDoublings(patch);
  return Array.from({ length: plainMaps }, (_, i) => {
    const times = doublings - i;
    if (times === 0) return undefined;
    const layer = times > 0 ? enlarging(width, times, generator) : new MaxPool(2 ** -times);
    return { name: `fpn${i + 1}`, layer, takesTokens: false };
  });
}

/** The number of times that the finest map of a plain backbone is twice as fine as its tokens. */
function plainDoublings(patch: number): number {
  return Math.round(Math.log2(patch / 4));
}

/** Transposed convolutions with a norm and GELU between them. */
function enlarging(width: number, times: number, generator: Generator): Sequential {
  const double = () => new TransposedConv2d(width, width, { kernel: 2, generator });
  const more = Array.from({ length: times - 1 }, () => [
    new BatchNorm2d(width),
    new Gelu(),
    double(),
  ]);
  return new Sequential(double(), ...more.flat());
}

/** The largest number of every square of places. */
export class MaxPool extends Module {
  constructor(readonly side: number) {
    super();
  }

  /** [batch, channels, height, width] -> [batch, channels, height / side, width / side] */
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.side);
  }
}
