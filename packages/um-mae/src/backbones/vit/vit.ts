/**
 * Plain vision transformer: full attention of all tokens and a class token.
 *
 * Source: Dosovitskiy et al. 2021, arXiv:2010.11929, section 3.1, with the fixed positions of MAE
 * (He et al. 2022, arXiv:2111.06377); LayerScale and registers as in DINOv2 (Oquab et al. 2023,
 * arXiv:2304.07193; Darcet et al. 2023, arXiv:2309.16588); windows, without a class token, as in
 * ViTDet (Li et al. 2022, arXiv:2203.16527, section 3).
 */
import { cat, ShapeError, type Tensor } from '@um-mae/torch';
import { LayerNorm, normal, Parameter } from '@um-mae/torch/nn';
import { at } from '../../at.js';
import type { Grid } from '../../masking/grid.js';
import {
  type AttentionWindows,
  Backbone,
  type BackboneParts,
  type Encoded,
  type ImageSize,
} from '../backbone.js';
import { attentionWeights, inputsOf } from '../parts/blocks/attention-received.js';
import { TransformerBlock } from '../parts/blocks/transformer-block.js';
import { PatchEmbedding } from '../parts/grid/patch-embedding.js';
import type { PatchGrid, Positions } from '../parts/grid/patch-grid.js';
import type { Windowing } from '../parts/grid/windows.js';
import { takePositions } from '../parts/positions/positions.js';
import { classPositions } from '../parts/positions/sine-cosine-positions.js';
import { type VitOptions, vit } from './family.js';
import { relativeBiases, relativeIndices } from './relative-positions.js';

/** A plain ViT encoder. */
export class Vit extends Backbone {
  /** [1, 1, channels] */
  readonly cls_token: Parameter;
  /**
   * [1, 1 + patches, channels], sine-cosine positions; fixed, unless a classifier trains them. The
   * class token's row starts at zero. Registers have none.
   */
  readonly pos_embed: Tensor;
  /** [1, registers, channels], between the class token and the patches. */
  readonly register_tokens: Parameter | undefined;
  readonly patch_embed: PatchEmbedding;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm | undefined;
  /** The full grid that `pos_embed` is for. */
  readonly grid: Grid;
  /** The blocks whose output is a map. */
  readonly taps: readonly number[];
  /** Whether blocks have a bias for each difference of positions. */
  readonly #isRelative: boolean;
  readonly #windows: AttentionWindows | undefined;

  constructor(
    readonly options: VitOptions,
    { height, width }: ImageSize,
    parts: BackboneParts,
  ) {
    super(vit.shape(options));
    const { generator, finalNorm = true, trainedPositions = false, taps } = parts;
    const { channels, depth, epsilon, patch, registers } = options;
    this.grid = { rows: height / patch, columns: width / patch };
    this.cls_token = new Parameter(normal([1, 1, channels], 0.02, { generator }));
    const positions = classPositions(this.grid, channels);
    this.pos_embed = trainedPositions ? new Parameter(positions) : positions;
    this.register_tokens =
      registers > 0
        ? new Parameter(normal([1, registers, channels], 0.02, { generator }))
        : undefined;
    this.patch_embed = new PatchEmbedding({ channels, patch, bias: 'uniform', generator });
    this.#isRelative = parts.relativePositions === true;
    this.#windows = parts.windows;
    const biases = this.#isRelative ? relativeBiases(this.grid) : undefined;
    this.blocks = Array.from(
      { length: depth },
      () => new TransformerBlock({ ...options, relativeBiases: biases, generator }),
    );
    this.norm = finalNorm ? new LayerNorm(channels, { epsilon }) : undefined;
    this.taps = taps ? taps(depth) : [depth - 1];
  }

  forward(grid: PatchGrid): Encoded {
    const tokens = this.patch_embed.forward(grid);
    const [batch, height, width, channels] = tokens.sizes(4);
    const placed = tokens.add(this.placesOn(grid.positions));
    const front = this.#front().map((tokens) => tokens.expand([batch, -1, -1]));
    let x = cat([...front, placed.flatten({ startDim: 1, endDim: 2 })], { dim: 1 });
    const relative = this.#isRelative ? this.#relativeIndices(tokens) : undefined;
    const tapped = this.blocks.map((block, place) => {
      x = block.forward(x, { relative, windows: this.windowsOf(place, height, width) });
      return x;
    });
    const latent = this.norm ? this.norm.forward(x) : x;
    const maps = this.taps.map((block) => {
      const tokens = block === this.blocks.length - 1 ? latent : at(tapped, block);
      return tokens.slice({ dim: 1, start: this.first }).reshape([batch, height, width, channels]);
    });
    return { maps, classToken: this.first > 0 ? latent.narrow(1, 0, 1) : undefined };
  }

  /** Class token and registers, [1, tokens, channels] each, where there are some before patches. */
  #front(): Tensor[] {
    if (this.first === 0) return [];
    const classToken = this.cls_token.add(this.pos_embed.narrow(1, 0, 1));
    return this.register_tokens ? [classToken, this.register_tokens] : [classToken];
  }

  /** The windows that a block attends in on a grid of patches; undefined for one that sees all. */
  windowsOf(block: number, height: number, width: number): Windowing | undefined {
    if (!this.#windows) return undefined;
    const { side, global } = this.#windows;
    const seeing = (blocks: number) => Math.floor((blocks * global) / this.blocks.length);
    if (seeing(block + 1) > seeing(block)) return undefined;
    return { height, width, window: side, shift: 0 };
  }

  /** Positions of patches, resized to a grid of another size, [1, height, width, channels]. */
  placesOn(positions: Positions): Tensor {
    return takePositions(this.pos_embed.slice({ dim: 1, start: 1 }), this.grid, positions);
  }

  /** The bias that each pair of tokens takes, of a ViT that has biases; see `BlockTokens`. */
  get relative(): Tensor | undefined {
    return this.#isRelative ? relativeIndices(this.grid, this.pos_embed.device) : undefined;
  }

  /** @throws ShapeError unless these are all tokens of the one size of images */
  #relativeIndices(tokens: Tensor): Tensor {
    const { rows, columns } = this.grid;
    const { shape } = tokens;
    if (shape[1] !== rows || shape[2] !== columns) {
      throw new ShapeError('tokens', `[batch, ${rows}, ${columns}, channels]`, shape);
    }
    return relativeIndices(this.grid, tokens.device);
  }

  /** The place of the first patch among the tokens. */
  get first(): number {
    return this.#windows ? 0 : 1 + this.options.registers;
  }

  override attentionReceived(image: Tensor): Tensor[] {
    const last = at(this.blocks, -1);
    const [, , height, width] = image.sizes(4);
    return inputsOf(this, [last], () => this.features(image)).map((x) => {
      const qkv = last.attn.qkv.forward(last.norm1.forward(x));
      const [batch, tokens, all] = qkv.sizes(3);
      const { heads } = this.options;
      const apart = qkv.view([batch, tokens, 3, heads, all / 3 / heads]).permute([2, 0, 3, 1, 4]);
      const weights = attentionWeights(apart.at(0), apart.at(1));
      const received = weights.mean([0, 1, 2]).mul(tokens).slice({ dim: 0, start: this.first });
      return received.view([height / this.patch, width / this.patch]);
    });
  }
}
