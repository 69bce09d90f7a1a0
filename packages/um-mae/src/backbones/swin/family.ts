/** Swin as data: its options, named sizes, and what follows from them. */
import { z } from 'zod';
import { at } from '../../at.js';
import {
  type BackboneFamily,
  type EncoderArithmetic,
  type EncoderGrid,
  type InferredOptions,
  pyramidShape,
} from '../family.js';
import { hiddenChannels } from '../parts/blocks/mlp-width.js';
import {
  byStage,
  count,
  headIssues,
  layersByStage,
  lengthIssues,
  sharedOptions,
} from '../parts/options.js';
import { encoderShapes, mlpRatioIn, type SizeOf } from '../parts/weight-shapes.js';

const options = z
  .strictObject({
    kind: z.literal('swin').describe('swin: windows of attention'),
    channels: count.describe('channels of the first stage; every further stage has twice as many'),
    depths: layersByStage.describe('blocks of each stage'),
    heads: byStage.describe('attention heads of each stage'),
    window: z
      .number()
      .positive()
      .multipleOf(0.5)
      .describe('side of the attention window on the compact grid; full grids take twice as many'),
    positionChannels: count.describe('width of the MLP that computes the position bias'),
    patch: sharedOptions.pyramidPatch,
    mlpRatio: sharedOptions.mlpRatio,
    epsilon: sharedOptions.epsilon,
  })
  .check(({ value, issues }) => {
    const { channels, depths, heads } = value;
    const widths = heads.map((_, stage) => channels * 2 ** stage);
    issues.push(...lengthIssues('heads', heads, depths.length), ...headIssues(heads, widths));
  });

/** Options of a Swin. Full grids take windows twice as wide as compact ones. */
export type SwinOptions = z.output<typeof options>;

/** Liu et al. 2021, arXiv:2103.14030, section 3.3; window of UM-MAE on the compact grid. */
const tiny = {
  kind: 'swin',
  channels: 96,
  depths: [2, 2, 6, 2],
  heads: [3, 6, 12, 24],
  window: 8,
  positionChannels: 32,
  patch: 4,
  mlpRatio: 4,
  epsilon: 1e-6,
} as const satisfies SwinOptions;

const small = { ...tiny, depths: [2, 2, 18, 2] } as const satisfies SwinOptions;

const base = { ...small, channels: 128, heads: [4, 8, 16, 32] } as const satisfies SwinOptions;

const large = {
  ...small,
  channels: 192,
  heads: [6, 12, 24, 48],
  positionChannels: 64,
} as const satisfies SwinOptions;

/** A Swin for tests, the demo, and images of 64 pixels: minutes on two cores. */
const micro = {
  ...tiny,
  channels: 32,
  depths: [1, 1, 2, 1],
  heads: [1, 2, 4, 8],
  window: 4,
  positionChannels: 16,
  patch: 2,
} as const satisfies SwinOptions;

const presets = {
  'swin-micro': micro,
  'swin-tiny': tiny,
  'swin-small': small,
  'swin-base': base,
  'swin-large': large,
} as const;

function channelsByStage({ channels, depths }: SwinOptions): number[] {
  return depths.map((_, stage) => channels * 2 ** stage);
}

function infer(size: SizeOf): InferredOptions<SwinOptions> | undefined {
  const encoder = encoderShapes(size);
  const positionChannels = size('blocks.0.attn.posmlp.0.weight', 0);
  if (!encoder || positionChannels === undefined) return undefined;
  const { patch, channels, stages } = encoder;
  if (size('blocks.0.attn.qkv.weight', 1) !== channels) return undefined;
  const depths = stages.map(({ depth }) => depth);
  const heads = stages.map(({ first }) => size(`blocks.${first}.attn.posmlp.2.weight`, 0) ?? 1);
  const mlpRatio = mlpRatioIn(size, ...stages.map(({ first }) => `blocks.${first}`));
  const sizes = { channels, depths, heads, positionChannels, patch, mlpRatio };
  return {
    inferred: { kind: 'swin', ...sizes },
    varying: { epsilon: 1e-6 },
    assumed: { window: 8 },
  };
}

function arithmetic(options: SwinOptions, grid: EncoderGrid): EncoderArithmetic {
  const { channels, depths, mlpRatio, patch } = options;
  const { height, width, isCompact } = grid;
  const window = options.window * (isCompact ? 1 : 2);
  const totals = { attentionProjections: 0, attentionProducts: 0, mlp: 0, downsample: 0 };
  for (const [stage, own] of channelsByStage(options).entries()) {
    const depth = at(depths, stage);
    const tokens = (height * width) / 4 ** stage;
    const side = Math.min(height / 2 ** stage, width / 2 ** stage, window);
    totals.attentionProjections += depth * tokens * 4 * own ** 2;
    totals.attentionProducts += depth * tokens * 2 * side ** 2 * own;
    totals.mlp += depth * tokens * 2 * hiddenChannels(own, mlpRatio) * own;
    if (stage > 0) totals.downsample += tokens * 2 * own ** 2;
  }
  return { patchEmbedding: height * width * 3 * patch ** 2 * channels, ...totals };
}

/** Hierarchical transformers with windows of attention (Liu et al. 2021, arXiv:2103.14030). */
export const swin = {
  kind: 'swin',
  options,
  presets,
  shape: (options) => ({
    ...pyramidShape(channelsByStage(options), options),
    compactIssue: Number.isInteger(options.window)
      ? undefined
      : `a whole \`backbone.window\` but got ${options.window}`,
  }),
  infer,
  arithmetic,
} as const satisfies BackboneFamily<SwinOptions>;
