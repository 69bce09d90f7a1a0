/**
 * Masked autoencoding: the encoder sees the visible units only, and a light decoder predicts the pixels of the
 * dropped ones. Uniform masking leaves pyramids a compact grid; a plain ViT takes any set of units.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, section 3; He et al. 2022 (MAE), arXiv:2111.06377.
 */
import { ok as assert } from 'node:assert';
import { arange, cat, embedding, type Generator, type Tensor } from '@um-mae/torch';
import { LayerNorm, Linear, normal, Parameter } from '@um-mae/torch/nn';
import type { Backbone, Encoded, Observer, PatchGrid } from '../backbones/backbone.js';
import { buildBackbone, tokenChannels, unitsPerToken } from '../backbones/build.js';
import { checkImageSize } from '../backbones/image-size.js';
import { maskUnit } from '../backbones/mask-unit.js';
import { patchify } from '../backbones/patches.js';
import { sineCosinePositions } from '../backbones/sine-cosine-positions.js';
import { TransformerBlock } from '../backbones/transformer-block.js';
import { classPositions } from '../backbones/vit.js';
import { UmMaeError } from '../errors.js';
import { compactOrder } from '../masking/compact.js';
import type { Mask } from '../masking/mask.js';
import { type Cell, compactGrid } from '../masking/uniform.js';
import { Objective, type ObjectiveOptions } from './objective.js';
import {
  openTokens,
  spread,
  takeUnits,
  type UnitGrid,
  unitPositions,
  unitsToPatches,
} from './units.js';

/**
 * Which position the decoder adds to each vector that a pyramid made: `aligned`, that of its own unit, or
 * `published`, that of the visible unit of the same rank in raster order. The two differ whenever units of
 * one row of cells lie in different rows; the second is a defect of the published code, kept for parity.
 */
export type DecoderPositions = 'aligned' | 'published';

export interface DecoderOptions {
  readonly channels: number;
  readonly depth: number;
  readonly heads: number;
  readonly positions: DecoderPositions;
}

export interface MaskedAutoencoderOptions extends ObjectiveOptions {
  readonly decoder: DecoderOptions;
}

/** What the decoder needs to know of a mask; all i64, indices of units in raster order. */
interface UnitOrder {
  /** [batch, visible], as the encoder takes them. */
  readonly encoded: Tensor;
  /** [batch, visible], in raster order. */
  readonly visible: Tensor;
  /** [batch, dropped], in raster order. */
  readonly dropped: Tensor;
}

/**
 * What the decoder's blocks take. Mask tokens at one position are equal in all images of a batch: only
 * `distinct` tokens are stored.
 */
interface DecoderInput {
  /** [distinct tokens, decoder channels] */
  readonly distinct: Tensor;
  /** [batch, units (+ 1)] i64: which of them each token is; those of dropped units come last. */
  readonly rows: Tensor;
}

export class MaskedAutoencoder extends Objective<MaskedAutoencoderOptions> {
  /** [1, 1, channels]; takes the place of hidden units' tokens. */
  readonly vis_mask_token: Parameter | undefined;
  /** [1, 1, decoder channels]; stands for every dropped unit. */
  readonly mask_token: Parameter;
  /** [1, units (+ 1 in front where there is a class token), decoder channels], fixed. */
  readonly decoder_pos_embed: Tensor;
  readonly encoder: Backbone;
  readonly decoder_embed: Linear;
  readonly decoder_blocks: readonly TransformerBlock[];
  readonly decoder_norm: LayerNorm;
  readonly decoder_pred: Linear;

  /** @throws UmMaeError when the image size or the masking does not fit the encoder */
  constructor(options: MaskedAutoencoderOptions, { generator }: { generator: Generator }) {
    super(options);
    checkFits(options);
    const { backbone, decoder, image, masking } = options;
    const { channels, depth, heads } = decoder;
    const token = (size: number) => new Parameter(normal([1, 1, size], 0.02, { generator }));
    this.vis_mask_token = masking.secondaryRatio > 0 ? token(tokenChannels(backbone)) : undefined;
    this.mask_token = token(channels);
    const positions = backbone.kind === 'vit' ? classPositions : sineCosinePositions;
    this.decoder_pos_embed = positions(this.grid, channels);
    this.encoder = buildBackbone(backbone, image, { generator });
    const opened = channels * unitsPerToken(backbone) ** 2;
    this.decoder_embed = new Linear(this.encoder.width, opened, { generator });
    this.decoder_blocks = Array.from(
      { length: depth },
      () => new TransformerBlock({ channels, heads, generator }),
    );
    this.decoder_norm = new LayerNorm(channels, { epsilon: 1e-6 });
    this.decoder_pred = new Linear(channels, 3 * this.unit ** 2, { generator });
  }

  forward(images: Tensor, mask: Mask, observe?: Observer): Tensor {
    const units = patchify(images, this.unit);
    const order = this.#order(mask.visible);
    const encoded = this.encoder.forward(this.#visibleGrid(units, mask, order), observe);
    const input = this.#decoderInput(encoded, order, observe);
    // The loss is over the dropped units, which come last.
    const [, tokens] = input.rows.sizes(2);
    const [, count] = order.dropped.sizes(2);
    const dropped = this.#decode(input, tokens - count, observe);
    const target = this.target(takeUnits(units, order.dropped));
    observe?.('target', target);
    return this.decoder_pred.forward(dropped).sub(target).square().mean();
  }

  predict(images: Tensor, mask: Mask): Tensor {
    const order = this.#order(mask.visible);
    const grid = this.#visibleGrid(patchify(images, this.unit), mask, order);
    const input = this.#decoderInput(this.encoder.forward(grid), order);
    const decoded = this.#decode(input, this.encoder.hasClassToken ? 1 : 0);
    // The decoder's sequence holds visible units first: bring it back into raster order.
    const first = this.#decodedOrder(order);
    const raster = cat([first, order.dropped], { dim: 1 }).argsort({ dim: 1 });
    return takeUnits(this.decoder_pred.forward(decoded), raster);
  }

  #order(visible: Tensor): UnitOrder {
    const { backbone, masking } = this.options;
    const [, units] = visible.sizes(2);
    // Sorted by this rank, the dropped units come first, then the visible ones, each in raster order.
    const place = arange(0, units, { dtype: 'i64', device: visible.device });
    const sorted = visible.to('i64').mul(units).add(place).argsort({ dim: 1 });
    const kept = visible.at(0).sum().number();
    const raster = sorted.narrow(1, units - kept, kept);
    // Pyramids need the compact grid; full attention does not care.
    const isCompact = backbone.kind !== 'vit' && masking.kind === 'uniform';
    return {
      encoded: isCompact ? compactOrder(visible, this.grid, masking.cell) : raster,
      visible: raster,
      dropped: sorted.narrow(1, 0, units - kept),
    };
  }

  /** The patches of the visible units [batch, units, values] as the encoder takes them. */
  #visibleGrid(units: Tensor, mask: Mask, { encoded }: UnitOrder): PatchGrid {
    const { masking, backbone } = this.options;
    const side = this.unit / backbone.patch;
    const [, count] = encoded.sizes(2);
    const isCompact = backbone.kind !== 'vit' && masking.kind === 'uniform';
    const { rows, columns } = isCompact
      ? compactGrid(this.grid, masking.cell)
      : { rows: 1, columns: count };
    const visible: UnitGrid = { rows, columns, side };
    return {
      pixels: unitsToPatches(takeUnits(units, encoded), visible),
      positions: unitPositions(encoded, visible, this.grid),
      replaced: this.vis_mask_token && {
        where: spread(mask.hidden.gather(1, encoded), visible).unsqueeze(-1),
        token: this.vis_mask_token,
        normed: true,
      },
    };
  }

  /** Whose positions the decoder adds to what the encoder has made of `order.encoded`. */
  #decodedOrder({ encoded, visible }: UnitOrder): Tensor {
    return this.options.decoder.positions === 'aligned' ? encoded : visible;
  }

  /**
   * The class token if there is one, what the encoder made of the visible units, and a mask token for each
   * dropped one, all at their positions.
   */
  #decoderInput({ maps, classToken }: Encoded, order: UnitOrder, observe?: Observer): DecoderInput {
    const latent = maps.at(-1);
    assert(latent, 'a backbone has at least one stage');
    const embedded = this.decoder_embed.forward(latent);
    // The position of the class token is zero.
    const front = classToken ? [this.decoder_embed.forward(classToken)] : [];
    const tokens = embedded.flatten({ startDim: 1, endDim: 2 });
    observe?.('decoder_embed', cat([...front, tokens], { dim: 1 }));
    const opened = openTokens(embedded, unitsPerToken(this.options.backbone));
    const visible = opened.add(embedding(this.#positions, this.#decodedOrder(order)));
    const seen = cat([...front, visible], { dim: 1 });
    const masked = this.mask_token.at(0).add(this.#positions);
    const distinct = cat([seen.flatten({ startDim: 0, endDim: 1 }), masked]);
    const [batch, length] = seen.sizes(3);
    const own = arange(0, batch * length, { dtype: 'i64', device: seen.device });
    const rows = cat([own.view([batch, length]), order.dropped.add(batch * length)], { dim: 1 });
    observe?.('decoder_input', embedding(distinct, rows));
    return { distinct, rows };
  }

  /**
   * @param from the first token that is wanted: the last block is run for the rest only
   * @returns [batch, tokens - from, decoder channels], normed
   */
  #decode({ distinct, rows }: DecoderInput, from: number, observe?: Observer): Tensor {
    let x = distinct;
    for (const [i, block] of this.decoder_blocks.entries()) {
      x = block.forward(x, {
        rows: i === 0 ? rows : undefined,
        from: i === this.decoder_blocks.length - 1 ? from : 0,
      });
      observe?.(`decoder_block.${i}`, x);
    }
    const decoded = this.decoder_norm.forward(x);
    observe?.('decoder_norm', decoded);
    return decoded;
  }

  /** [units, decoder channels] */
  get #positions(): Tensor {
    return this.decoder_pos_embed.at(0).slice({ start: this.encoder.hasClassToken ? 1 : 0 });
  }
}

function checkFits({ backbone, image, masking }: MaskedAutoencoderOptions): void {
  if (backbone.kind !== 'vit' && masking.kind !== 'uniform') {
    throw new UmMaeError(
      'masking',
      `Expected uniform masking for ${backbone.kind}, a pyramid, but got random masking, which leaves no regular grid for its windows and strides; use um-mae, or simmim on the full grid.`,
    );
  }
  const cell: Cell = masking.kind === 'uniform' ? masking.cell : [1, 1];
  const token = maskUnit(backbone) * unitsPerToken(backbone);
  checkImageSize(image, [cell[0] * token, cell[1] * token]);
}
