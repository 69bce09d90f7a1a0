/** Infers the pre-training recipe of weights that have none. */
import type { Tensor } from '@um-mae/torch';
import {
  type InferredBackbone,
  inferBackbone,
  type SaidOptions,
  shapeOf,
} from '../backbones/families.js';
import { countBlocks, mlpRatioIn, type SizeOf, sizesIn } from '../backbones/parts/weight-shapes.js';
import type { Method } from '../objectives/build.js';
import { methodRecipes } from '../recipes/pretrain/methods.js';
import { modelRecipe } from '../recipes/pretrain/named.js';
import type { PretrainRecipeInput } from '../recipes/pretrain/pretrain-recipe.js';

/** The command line of the published code, which it stores beside the weights. */
export type PublishedArguments = ReadonlyMap<unknown, unknown>;

export interface InferredModel extends Pick<InferredBackbone, 'preset' | 'open'> {
  /** Undefined for weights of an encoder alone, or of a classifier. */
  readonly method: Method | undefined;
  readonly recipe: PretrainRecipeInput;
}

/** Facts about a network that stand beside its weights. */
export interface BesideWeights {
  readonly published?: PublishedArguments;
  readonly said?: SaidOptions;
}

/** The model, or nothing when these are weights of something else. */
export function inferModel(
  tensors: ReadonlyMap<string, Tensor>,
  { published = new Map(), said = {} }: BesideWeights = {},
): InferredModel | undefined {
  const size = sizesIn(tensors);
  const { imageSize } = said;
  const backbone = inferBackbone(size, said);
  if (!backbone) return undefined;
  const { options, preset } = backbone;
  const method = inferMethod(size, backbone, published);
  const base = preset === undefined ? {} : modelRecipe(preset);
  const image = inferImage(size, backbone, published.get('input_size') ?? imageSize);
  const decoder = method === 'simmim' ? undefined : inferDecoder(size, base);
  return {
    preset,
    method,
    open: [...backbone.open, ...image.open, ...(decoder?.open ?? [])],
    recipe: {
      ...base,
      backbone: options,
      ...(method && { method, masking: inferMasking(size, method, published) }),
      normPixels: truth(published.get('norm_pix_loss')) ?? method !== 'simmim',
      ...(image.side && { image: { height: image.side, width: image.side } }),
      ...(decoder && { decoder: decoder.options }),
    },
  };
}

function inferMethod(
  size: SizeOf,
  { options }: InferredBackbone,
  published: PublishedArguments,
): Method | undefined {
  if (size('decoder_pred.weight', 0) === undefined) return undefined;
  if (size('decoder_embed.weight', 0) === undefined) return 'simmim';
  if (shapeOf(options).needsGrid) return 'um-mae';
  // Full attention takes either masking, and its weights are the same.
  const isUniform = truth(published.get('mask_regular')) ?? hidesUnits(size);
  return isUniform ? 'um-mae' : 'mae';
}

function inferMasking(size: SizeOf, method: Method, published: PublishedArguments) {
  const { masking } = methodRecipes[method];
  const recorded = published.get('vis_mask_ratio');
  const secondaryRatio = typeof recorded === 'number' && recorded > 0 ? recorded : 0.25;
  return { ...masking, secondaryRatio: hidesUnits(size) ? secondaryRatio : 0 };
}

function hidesUnits(size: SizeOf): boolean {
  return size('vis_mask_token', 0) !== undefined;
}

/** Infers the size from a table of positions, where there is one: images are square. */
function inferImage(
  size: SizeOf,
  { options }: InferredBackbone,
  recorded: unknown,
): { side: number | undefined; open: string[] } {
  const { hasClassToken, unit } = shapeOf(options);
  const classRow = hasClassToken ? 1 : 0;
  const [table, cell] =
    size('decoder_pos_embed', 1) === undefined
      ? (['pos_embed', options.patch] as const)
      : (['decoder_pos_embed', unit] as const);
  const rows = size(table, 1);
  if (rows === undefined) {
    // Nothing in the weights depends on the size of the image.
    return { side: Number.isInteger(recorded) ? Number(recorded) : undefined, open: [] };
  }
  const side = Math.sqrt(rows - classRow);
  if (Number.isInteger(side)) return { side: side * cell, open: [] };
  return { side: undefined, open: ['image.height', 'image.width'] };
}

/**
 * Heads leave no trace in the shapes: they are those of the published decoders, or of the preset's.
 */
function inferDecoder(size: SizeOf, base: Partial<PretrainRecipeInput>) {
  const channels = size('decoder_embed.weight', 0) && size('mask_token', 2);
  if (!channels) return undefined;
  const depth = countBlocks(size, 'decoder_blocks.');
  const named = base.decoder?.channels === channels ? base.decoder.heads : undefined;
  const heads = named ?? (channels === 512 ? 16 : undefined);
  const mlpRatio = mlpRatioIn(size, 'decoder_blocks.0');
  const stages = size('decoder_stage_embeds.0.weight', 0) === undefined ? 'last' : 'all';
  const sizes = { channels, depth, heads: heads ?? 1, mlpRatio, stages } as const;
  const isCross = size('decoder_seen_norm.weight', 0) !== undefined;
  return {
    // Who wrote weights of a published model without a recipe has not paired them as we do.
    options: isCross
      ? ({ kind: 'cross', ...sizes } as const)
      : ({ kind: 'dense', ...sizes, positions: 'published' } as const),
    open: heads === undefined ? ['decoder.heads'] : [],
  };
}

function truth(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
