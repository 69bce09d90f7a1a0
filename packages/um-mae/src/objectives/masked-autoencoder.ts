/**
 * Masked autoencoding with a pyramid encoder: uniform masking leaves a compact grid for the encoder, and a
 * light decoder predicts the pixels of the dropped units.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, section 3; He et al. 2022 (MAE), arXiv:2111.06377.
 */
import { arange, cat, type Generator, type Tensor } from '@um-mae/torch';
import { LayerNorm, Linear, Module, normal, Parameter } from '@um-mae/torch/nn';
import { patchify } from '../backbones/patches.js';
import type { Positions } from '../backbones/position-bias.js';
import { sineCosinePositions } from '../backbones/sine-cosine-positions.js';
import { type Observer, Swin, type SwinOptions } from '../backbones/swin.js';
import { TransformerBlock } from '../backbones/transformer-block.js';
import { UmMaeError } from '../errors.js';
import { compactOrder } from '../masking/compact.js';
import { drawMask, type Grid, type Mask, type MaskingOptions } from '../masking/mask.js';
import { normalisePatches } from './pixel-target.js';

/**
 * Which position the decoder adds to each vector that the encoder made: `aligned`, that of its own patch, or
 * `published`, that of the visible patch of the same rank in raster order. The two differ whenever patches of
 * one row of cells lie in different rows; the second is a defect of the published code, kept for parity.
 */
export type DecoderPositions = 'aligned' | 'published';

export interface DecoderOptions {
  readonly channels: number;
  readonly depth: number;
  readonly heads: number;
  readonly positions: DecoderPositions;
}

export interface MaskedAutoencoderOptions {
  readonly backbone: SwinOptions;
  readonly image: { readonly height: number; readonly width: number };
  readonly masking: MaskingOptions;
  readonly decoder: DecoderOptions;
  /** Targets are the pixels normalised per patch instead of the pixels. */
  readonly normPixels: boolean;
}

/** What the decoder needs to know of a mask; all i64, indices of units in raster order. */
interface UnitOrder {
  /** [batch, visible], in raster order of the compact grid. */
  readonly compact: Tensor;
  /** [batch, visible], in raster order of the full grid. */
  readonly visible: Tensor;
  /** [batch, dropped], in raster order of the full grid. */
  readonly dropped: Tensor;
}

export class MaskedAutoencoder extends Module {
  /** [1, 1, channels]; takes the place of hidden units' tokens. */
  readonly vis_mask_token: Parameter | undefined;
  /** [1, 1, decoder channels]; stands for every dropped unit. */
  readonly mask_token: Parameter;
  /** [1, units, decoder channels], fixed. */
  readonly decoder_pos_embed: Tensor;
  readonly encoder: Swin;
  readonly decoder_embed: Linear;
  readonly decoder_blocks: readonly TransformerBlock[];
  readonly decoder_norm: LayerNorm;
  readonly decoder_pred: Linear;

  /** Mask unit side, in pixels. */
  readonly unit: number;
  /** The grid of mask units. */
  readonly grid: Grid;

  /** @throws UmMaeError when the image size or the masking does not fit the encoder */
  constructor(
    readonly options: MaskedAutoencoderOptions,
    { generator }: { generator: Generator },
  ) {
    super();
    const { backbone, decoder, image, masking } = options;
    this.unit = backbone.patch * 2 ** (backbone.depths.length - 2);
    this.grid = { rows: image.height / this.unit, columns: image.width / this.unit };
    checkFits(options, this.unit);

    const { channels, depth, heads } = decoder;
    const token = (size: number) => new Parameter(normal([1, 1, size], 0.02, { generator }));
    this.vis_mask_token = masking.secondaryRatio > 0 ? token(backbone.channels) : undefined;
    this.mask_token = token(channels);
    this.decoder_pos_embed = sineCosinePositions(this.grid, channels);
    this.encoder = new Swin(backbone, generator);
    this.decoder_embed = new Linear(this.encoder.channels.at(-1) ?? 0, 4 * channels, { generator });
    this.decoder_blocks = Array.from(
      { length: depth },
      () => new TransformerBlock({ channels, heads, generator }),
    );
    this.decoder_norm = new LayerNorm(channels, { epsilon: 1e-6 });
    this.decoder_pred = new Linear(channels, 3 * this.unit ** 2, { generator });
  }

  /** Published checkpoints name the encoder's parts without a prefix. */
  override *children(): ReturnType<Module['children']> {
    for (const [name, child] of super.children()) yield [child === this.encoder ? '' : name, child];
  }

  /** Draws one mask per image of a batch. */
  drawMask(batch: number, generator: Generator): Mask {
    return drawMask(this.options.masking, { batch, grid: this.grid, generator });
  }

  /**
   * The mean squared error over the dropped units.
   *
   * @param images f32 [batch, 3, height, width], normalised
   * @returns a scalar
   */
  forward(images: Tensor, mask: Mask, observe?: Observer): Tensor {
    const units = patchify(images, this.unit);
    const order = unitOrder(mask.visible, this.grid);
    const decoded = this.#decode(this.#encode(units, mask, order, observe), order, observe);
    const visible = order.visible.shape[1] ?? 0;
    const dropped = decoded.narrow(1, visible, order.dropped.shape[1] ?? 0);
    const pixels = takeUnits(units, order.dropped);
    const target = this.options.normPixels ? normalisePatches(pixels) : pixels;
    observe?.('target', target);
    return this.decoder_pred.forward(dropped).sub(target).square().mean();
  }

  /**
   * The prediction of every unit, visible ones (which no loss has trained) included.
   *
   * @param images f32 [batch, 3, height, width], normalised
   * @returns [batch, units, unit * unit * 3], raster order; normalised per patch where the targets are
   */
  predict(images: Tensor, mask: Mask): Tensor {
    const order = unitOrder(mask.visible, this.grid);
    const latent = this.#encode(patchify(images, this.unit), mask, order);
    const prediction = this.decoder_pred.forward(this.#decode(latent, order));
    // The decoder's sequence holds visible units first: bring it back into raster order.
    const first = this.options.decoder.positions === 'aligned' ? order.compact : order.visible;
    const raster = cat([first, order.dropped], { dim: 1 }).argsort({ dim: 1 });
    return takeUnits(prediction, raster);
  }

  /** [batch, units, values] -> the normed output of the last stage, [batch, height, width, channels] */
  #encode(units: Tensor, mask: Mask, order: UnitOrder, observe?: Observer): Tensor {
    const { patch, window } = this.options.backbone;
    const side = this.unit / patch; // of a unit, in tokens
    const cells = { rows: this.grid.rows / 2, columns: this.grid.columns / 2 };

    const pixels = compactPatches(takeUnits(units, order.compact), cells, { side, patch });
    const tokens = this.encoder.patch_embed.forward(pixels, this.#hiddenTokens(mask, order, side));
    observe?.('compact_tokens', tokens);
    const positions = compactPositions(order.compact, this.grid, side);
    const maps = this.encoder.forward(tokens, positions, window, observe);
    const latent = this.encoder.norm.forward(maps.at(-1) ?? tokens);
    observe?.('latent', latent);
    return latent;
  }

  #hiddenTokens(mask: Mask, order: UnitOrder, side: number) {
    if (!this.vis_mask_token) return undefined;
    const hidden = mask.hidden.gather(1, order.compact);
    const cells = [this.grid.rows / 2, this.grid.columns / 2] as const;
    return { where: spread(hidden, cells, side).unsqueeze(-1), token: this.vis_mask_token };
  }

  /** @returns [batch, units, decoder channels]: visible units first, then dropped ones, normed */
  #decode(latent: Tensor, order: UnitOrder, observe?: Observer): Tensor {
    const embedded = this.decoder_embed.forward(latent);
    observe?.('decoder_embed', embedded);
    const opened = openTokens(embedded);
    const { positions } = this.options.decoder;
    const seen = positions === 'aligned' ? order.compact : order.visible;
    let x = cat(
      [opened.add(this.#positionsOf(seen)), this.mask_token.add(this.#positionsOf(order.dropped))],
      { dim: 1 },
    );
    observe?.('decoder_input', x);
    for (const [i, block] of this.decoder_blocks.entries()) {
      x = block.forward(x);
      observe?.(`decoder_block.${i}`, x);
    }
    const decoded = this.decoder_norm.forward(x);
    observe?.('decoder_norm', decoded);
    return decoded;
  }

  /** [batch, n] unit indices -> [batch, n, decoder channels] */
  #positionsOf(indices: Tensor): Tensor {
    const rows = this.decoder_pos_embed.at(0).indexSelect(0, indices.flatten());
    return rows.view([...indices.shape, -1]);
  }
}

function unitOrder(visible: Tensor, grid: Grid): UnitOrder {
  const [, units] = visible.sizes(2);
  // Sorted by this rank, the dropped units come first, then the visible ones, each in raster order.
  const place = arange(0, units, { dtype: 'i64', device: visible.device });
  const sorted = visible.to('i64').mul(units).add(place).argsort({ dim: 1 });
  const compact = compactOrder(visible, grid);
  const kept = compact.shape[1] ?? 0;
  const dropped = units - kept;
  return {
    compact,
    visible: sorted.narrow(1, dropped, kept),
    dropped: sorted.narrow(1, 0, dropped),
  };
}

/** [batch, units, values], [batch, n] indices -> [batch, n, values] */
function takeUnits(units: Tensor, indices: Tensor): Tensor {
  const [batch, count, values] = units.sizes(3);
  const offset = arange(0, batch, { dtype: 'i64', device: units.device }).mul(count).unsqueeze(1);
  const rows = units.view([batch * count, values]).indexSelect(0, indices.add(offset).flatten());
  return rows.view([batch, -1, values]);
}

/** Pixels of units, a unit after the other, to a grid of patches: [batch, height, width, patch * patch * 3] */
function compactPatches(
  units: Tensor,
  { rows, columns }: Grid,
  { side, patch }: { side: number; patch: number },
): Tensor {
  const [batch] = units.sizes(3);
  return units
    .view([batch, rows, columns, side, patch, side, patch, 3])
    .permute([0, 1, 3, 2, 5, 4, 6, 7])
    .reshape([batch, rows * side, columns * side, patch * patch * 3]);
}

/** One value per unit to one per token: [batch, rows * columns] -> [batch, rows * side, columns * side] */
function spread(units: Tensor, [rows, columns]: readonly [number, number], side: number): Tensor {
  const [batch] = units.sizes(2);
  return units
    .view([batch, rows, 1, columns, 1])
    .expand([batch, rows, side, columns, side])
    .reshape([batch, rows * side, columns * side]);
}

/** Where the tokens of a compact grid stand on the full grid. */
function compactPositions(order: Tensor, grid: Grid, side: number): Positions {
  const cells = [grid.rows / 2, grid.columns / 2] as const;
  const within = arange(0, side, { dtype: 'i64', device: order.device });
  const row = spread(order.floorDivide(grid.columns).mul(side), cells, side);
  const column = spread(order.remainder(grid.columns).mul(side), cells, side);
  return {
    row: row.add(within.repeat([cells[0]]).unsqueeze(1)),
    column: column.add(within.repeat([cells[1]])),
    full: [grid.rows * side, grid.columns * side],
    scale: 1,
    together: side,
  };
}

/** Each token opens into 2x2 units: [batch, height, width, 4 * channels] -> [batch, 4 * height * width, channels] */
function openTokens(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.sizes(4);
  return x
    .view([batch, height, width, channels / 4, 2, 2])
    .permute([0, 1, 4, 2, 5, 3])
    .reshape([batch, 4 * height * width, channels / 4]);
}

function checkFits({ image, masking }: MaskedAutoencoderOptions, unit: number): void {
  if (masking.kind !== 'uniform') {
    throw new UmMaeError(
      'masking',
      'Expected uniform masking for a pyramid encoder but got random masking, which leaves no regular grid; use masking.kind uniform.',
    );
  }
  // Two units a cell, and two compact units a token of the last stage.
  const multiple = 4 * unit;
  const { height, width } = image;
  if (height % multiple === 0 && width % multiple === 0 && height > 0 && width > 0) return;
  const nearest = (length: number) => Math.max(1, Math.round(length / multiple)) * multiple;
  throw new UmMaeError(
    'image-size',
    `Expected an image size that is a multiple of ${multiple} pixels but got ${height}x${width}; the nearest is ${nearest(height)}x${nearest(width)}.`,
  );
}
