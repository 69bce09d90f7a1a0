/** The contract of a family of backbones: everything that needs neither a network nor libtorch. */
import type { z } from 'zod';
import type { SizeOf } from './parts/weight-shapes.js';

/** The properties of a backbone that follow from its options alone. */
export interface BackboneShape {
  /** Patch side, in pixels. */
  readonly patch: number;
  /** Channels of each stage's feature map. */
  readonly channels: readonly number[];
  /** Pixels between neighbours in each stage's feature map of a full image. */
  readonly strides: readonly number[];
  /** Side of the mask unit, in pixels: the square that is visible or dropped as a whole. */
  readonly unit: number;
  /** Mask units that one token of the last stage stands for, along each side. */
  readonly unitsPerToken: number;
  /** Epsilon of LayerNorms, which a head's own norm has too. */
  readonly epsilon: number;
  /** Whether a class token goes with the patches. */
  readonly hasClassToken: boolean;
  /**
   * Whether tokens have to form a regular grid, as windows and strides need; full attention takes
   * any set of tokens.
   */
  readonly needsGrid: boolean;
  /**
   * The reason why tokens of a compact grid cannot pass, as "X but got Y"; only a backbone that
   * needs a grid has one.
   */
  readonly compactIssue?: string | undefined;
}

/**
 * The shape of a pyramid, each of whose stages halves the sides of the grid; a mask unit is a token
 * of the last stage but one.
 *
 * @example
 * ```ts
 * import { pyramidShape } from 'um-mae';
 *
 * const { strides } = pyramidShape([64, 128, 256, 512], { patch: 4, epsilon: 1e-5 });
 * console.log(strides); // [ 4, 8, 16, 32 ]
 * ```
 */
export function pyramidShape(
  channels: readonly number[],
  { patch, epsilon }: Pick<BackboneShape, 'patch' | 'epsilon'>,
): BackboneShape {
  const strides = channels.map((_, stage) => patch * 2 ** stage);
  const unit = patch * 2 ** (channels.length - 2);
  return {
    patch,
    channels,
    strides,
    unit,
    unitsPerToken: 2,
    epsilon,
    hasClassToken: false,
    needsGrid: true,
  };
}

/** The options of a backbone, as far as they follow from its weights. */
export interface InferredOptions<Options> {
  /** Options that follow from names and shapes, or are the same in all published weights. */
  readonly inferred: Partial<Options>;
  /** Options that follow, too, and in which models of the sizes of a named one differ from it. */
  readonly varying?: Partial<Options>;
  /** Placeholders for options that leave no trace in the weights. */
  readonly assumed: Partial<Options>;
}

/** The grid of patches that runs through an encoder. */
export interface EncoderGrid {
  /** Rows of patches. */
  readonly height: number;
  /** Columns of patches. */
  readonly width: number;
  /** Whether only the patches of visible units are there. */
  readonly isCompact: boolean;
}

/**
 * Multiply-accumulates of an encoder's forward pass for one image, by part; norms, softmax, GELU
 * and sums are not counted.
 */
export interface EncoderArithmetic {
  readonly patchEmbedding: number;
  readonly attentionProjections: number;
  readonly attentionProducts: number;
  readonly mlp: number;
  readonly downsample: number;
}

/** One family of backbones: its options, and what follows from them. */
export interface BackboneFamily<Options extends { readonly kind: string }> {
  /** The name that recipes and weights give the family. */
  readonly kind: Options['kind'];
  /** Every option with its default and its help; the type of the options is inferred from it. */
  readonly options: z.ZodType<Options>;
  /** Named sizes, for `--model`. */
  readonly presets: Readonly<Record<string, Options>>;
  /** Returns the shape of a backbone with these options. */
  shape(options: Options): BackboneShape;
  /**
   * The options of the backbone that weights belong to; undefined for weights of another family.
   */
  infer(size: SizeOf): InferredOptions<Options> | undefined;
  /** The matrix products of the encoder on a grid. */
  arithmetic(options: Options, grid: EncoderGrid): EncoderArithmetic;
}
