/**
 * Masked autoencoding: the encoder sees the visible units only, and a light decoder predicts the
 * pixels of the dropped ones. Uniform masking leaves pyramids a compact grid; a plain ViT takes any
 * set of units.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, section 3; He et al. 2022 (MAE),
 * arXiv:2111.06377.
 */
import { cat, embedding, type Generator, type Tensor } from '@um-mae/torch';
import { Linear, normal, Parameter } from '@um-mae/torch/nn';
import { at } from '../at.js';
import type { Backbone, Encoded } from '../backbones/backbone.js';
import { buildBackbone } from '../backbones/build.js';
import { shapeOf } from '../backbones/families.js';
import type { BackboneShape } from '../backbones/family.js';
import { checkImageSize } from '../backbones/image-size.js';
import type { PatchGrid } from '../backbones/parts/grid/patch-grid.js';
import {
  classPositions,
  sineCosinePositions,
} from '../backbones/parts/positions/sine-cosine-positions.js';
import { UmMaeError } from '../errors.js';
import { type Mask, type TrainingMask, visibleCount } from '../masking/mask.js';
import { predictedCount } from '../masking/predicted.js';
import { type Cell, compactGrid } from '../masking/uniform.js';
import { CrossDecoder } from './decoder/cross-decoder.js';
import type { Decoder, DecoderInput } from './decoder/decoder.js';
import { DenseDecoder } from './decoder/dense-decoder.js';
import type { DecoderOptions } from './decoder/options.js';
import { MaskedObjective, type ObjectiveOptions, type ObjectiveParts } from './masked-objective.js';
import { type UnitOrder, unitOrder } from './unit-order.js';
import {
  closeTokens,
  openTokens,
  spread,
  takeUnits,
  type UnitGrid,
  unitPositions,
  unitsToPatches,
} from './units.js';

export interface MaskedAutoencoderOptions extends ObjectiveOptions {
  readonly decoder: DecoderOptions;
}

export class MaskedAutoencoder extends MaskedObjective<MaskedAutoencoderOptions> {
  /** [1, 1, channels]; takes the place of hidden units' tokens. */
  readonly vis_mask_token: Parameter | undefined;
  /** [1, 1, decoder channels]; stands for every dropped unit. */
  readonly mask_token: Parameter;
  /** [1, units (+ 1 in front where there is a class token), decoder channels], fixed. */
  readonly decoder_pos_embed: Tensor;
  readonly encoder: Backbone;
  readonly decoder_embed: Linear;
  readonly decoder: Decoder;
  readonly decoder_pred: Linear;
  /**
   * The layers that bring the stages before the last one to the decoder, where it reads them: their
   * detail need not go through the last stage then.
   *
   * Source: Liu et al. 2023 (MFM), arXiv:2308.00261, section 3.
   */
  readonly decoder_stage_embeds: readonly Linear[];

  /** @throws UmMaeError when the image size or the masking does not fit the encoder */
  constructor(options: MaskedAutoencoderOptions, { generator, own }: ObjectiveParts) {
    super(options);
    checkFits(options);
    const { backbone, decoder, image, masking } = options;
    const { channels } = decoder;
    const shape = shapeOf(backbone);
    const token = (size: number) => new Parameter(normal([1, 1, size], 0.02, { generator }));
    this.vis_mask_token = masking.secondaryRatio > 0 ? token(at(shape.channels, 0)) : undefined;
    this.mask_token = token(channels);
    const positions = shape.hasClassToken ? classPositions : sineCosinePositions;
    this.decoder_pos_embed = positions(this.grid, channels);
    this.encoder = buildBackbone(backbone, image, { generator, own });
    const opened = channels * shape.unitsPerToken ** 2;
    this.decoder_embed = new Linear(this.encoder.width, opened, { generator });
    this.decoder = buildDecoder(decoder, { generator });
    this.decoder_pred = new Linear(channels, this.values, { generator });
    this.decoder_stage_embeds = earlierStages(decoder, shape).map(
      (width) => new Linear(width, channels, { generator }),
    );
  }

  override *children(): ReturnType<MaskedObjective['children']> {
    for (const [name, child] of super.children()) yield [child === this.decoder ? '' : name, child];
  }

  forward(images: Tensor, mask: TrainingMask): Tensor {
    const units = this.unitsOf(images);
    const order = this.order(mask, predictedCount(this.dropped, this.predicted));
    const encoded = this.encoder.forward(this.visibleGrid(units, mask, order));
    const decoded = this.decoder.forward(this.decoderInput(encoded, order));
    const target = this.target(takeUnits(units, order.predicted));
    return this.decoder_pred.forward(decoded).sub(target).square().mean();
  }

  predict(images: Tensor, mask: Mask): Tensor {
    const { visible } = mask;
    const all = { visible, predicted: visible.logicalNot() };
    const order = this.order(all, this.dropped);
    const grid = this.visibleGrid(this.unitsOf(images), mask, order);
    const input = this.decoderInput(this.encoder.forward(grid), order);
    return this.decoder_pred.forward(this.decoder.decodeAll(input));
  }

  protected override get predicted(): number {
    const { decoder } = this.options;
    return decoder.kind === 'cross' ? decoder.predicted : super.predicted;
  }

  /** The number of dropped units of an image. */
  protected get dropped(): number {
    const { grid } = this;
    return grid.rows * grid.columns - visibleCount(this.options.masking, grid);
  }

  /** Orders the units of a mask, of whose dropped ones so many are predicted. */
  protected order(mask: Pick<TrainingMask, 'visible' | 'predicted'>, predicted: number): UnitOrder {
    const { grid } = this;
    const counts = { visible: grid.rows * grid.columns - this.dropped, predicted };
    return unitOrder(mask, { grid, cell: this.#cell, counts });
  }

  /** The cell of the compact grid, for backbones that need a grid; full attention does not care. */
  get #cell(): Cell | undefined {
    const { backbone, masking } = this.options;
    return shapeOf(backbone).needsGrid && masking.kind === 'uniform' ? masking.cell : undefined;
  }

  /** The patches of the visible units [batch, units, values] as the encoder takes them. */
  protected visibleGrid(units: Tensor, mask: Mask, { encoded }: UnitOrder): PatchGrid {
    const [, count] = encoded.sizes(2);
    const compact = this.#cell && compactGrid(this.grid, this.#cell);
    const { rows, columns } = compact ?? { rows: 1, columns: count };
    const visible: UnitGrid = { rows, columns, side: this.unit / this.encoder.patch };
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

  /**
   * Turns the encoder's output for `order.encoded` into one vector per unit, and adds positions to
   * all of them.
   */
  protected decoderInput({ maps, classToken }: Encoded, order: UnitOrder): DecoderInput {
    const { decoder } = this.options;
    const embedded = this.decoder_embed.forward(at(maps, -1));
    // The position of the class token is zero.
    const front = classToken ? [this.decoder_embed.forward(classToken)] : [];
    const opened = this.decoder_stage_embeds.reduce(
      (sum, embed, stage) => {
        const side = this.unit / at(this.encoder.strides, stage);
        return sum.add(embed.forward(closeTokens(at(maps, stage), side)));
      },
      openTokens(embedded, this.encoder.unitsPerToken),
    );
    const isPublished = decoder.kind === 'dense' && decoder.positions === 'published';
    const visible = isPublished ? order.visible : order.encoded;
    return {
      seen: cat([...front, opened.add(embedding(this.positions, visible))], { dim: 1 }),
      masked: this.mask_token.at(0).add(this.positions),
      visible,
      dropped: order.dropped,
      predicted: order.predicted,
    };
  }

  /** [units, decoder channels] */
  protected get positions(): Tensor {
    return this.decoder_pos_embed.at(0).slice({ start: this.encoder.hasClassToken ? 1 : 0 });
  }
}

function checkFits({ backbone, image, masking }: MaskedAutoencoderOptions): void {
  const { compactIssue, needsGrid, unit, unitsPerToken } = shapeOf(backbone);
  if (compactIssue !== undefined) {
    throw new UmMaeError(
      'backbone',
      `Expected ${compactIssue}, which uniform masking cannot halve; simmim and fine-tuning take it.`,
    );
  }
  if (needsGrid && masking.kind !== 'uniform') {
    throw new UmMaeError(
      'masking',
      `Expected uniform masking for ${backbone.kind}, a pyramid, but got random masking, which leaves no regular grid for its windows and strides; use um-mae, or simmim on the full grid.`,
    );
  }
  const cell: Cell = masking.kind === 'uniform' ? masking.cell : [1, 1];
  const token = unit * unitsPerToken;
  checkImageSize(image, [cell[0] * token, cell[1] * token]);
}

/** Channels of the stages that a decoder reads beside the last one. */
function earlierStages({ stages }: DecoderOptions, shape: BackboneShape): readonly number[] {
  if (stages === 'last') return [];
  const { channels, strides, unit } = shape;
  const coarse = strides.slice(0, -1).find((stride) => unit % stride !== 0);
  if (coarse === undefined) return channels.slice(0, -1);
  throw new UmMaeError(
    'decoder',
    `Expected stages before the last one whose strides divide a mask unit of ${unit} pixels but got a stride of ${coarse}; set \`decoder.stages\` to last.`,
  );
}

function buildDecoder(options: DecoderOptions, parts: { readonly generator: Generator }): Decoder {
  switch (options.kind) {
    case 'dense':
      return new DenseDecoder(options, parts);
    case 'cross':
      return new CrossDecoder(options, parts);
  }
}
