/** PVT as data: its options, named sizes, and what follows from them. */
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
  headIssues,
  layersByStage,
  lengthIssues,
  sharedOptions,
} from '../parts/options.js';
import { encoderShapes, mlpRatioIn, type SizeOf } from '../parts/weight-shapes.js';

const options = z
  .strictObject({
    kind: z.literal('pvt').describe('pvt: attention to pooled keys'),
    channels: byStage.describe('channels of each stage'),
    depths: layersByStage.describe('blocks of each stage'),
    heads: byStage.describe('attention heads of each stage'),
    mlpRatios: z
      .array(z.number().positive())
      .min(1)
      .readonly()
      .describe('hidden channels of the MLPs by stage, in multiples of their channels'),
    reductions: byStage.describe('side of the squares that share a key'),
    patch: sharedOptions.pyramidPatch,
    epsilon: sharedOptions.epsilon,
  })
  .check(({ value, issues }) => {
    const { channels, depths, heads } = value;
    for (const key of ['channels', 'heads', 'mlpRatios', 'reductions'] as const)
      issues.push(...lengthIssues(key, value[key], depths.length));
    issues.push(...headIssues(heads, channels));
  });

/** Options of a PVT. `reductions` are those of the full grid; compact ones take half. */
export type PvtOptions = z.output<typeof options>;

/** Wang et al. 2021, arXiv:2102.12122, table 1. */
const small = {
  kind: 'pvt',
  channels: [64, 128, 320, 512],
  depths: [3, 4, 6, 3],
  heads: [1, 2, 5, 8],
  mlpRatios: [8, 8, 4, 4],
  reductions: [8, 4, 2, 1],
  patch: 4,
  epsilon: 1e-6,
} as const satisfies PvtOptions;

/** A PVT as wide and deep as swin-micro, for images of 64 pixels. */
const micro = {
  ...small,
  channels: [32, 64, 128, 256],
  depths: [1, 1, 2, 1],
  heads: [1, 2, 4, 8],
  patch: 2,
} as const satisfies PvtOptions;

const presets = {
  'pvt-micro': micro,
  'pvt-tiny': { ...small, depths: [2, 2, 2, 2] },
  'pvt-small': small,
  'pvt-medium': { ...small, depths: [3, 4, 18, 3] },
  'pvt-large': { ...small, depths: [3, 8, 27, 3] },
} as const satisfies Readonly<Record<string, PvtOptions>>;

function infer(size: SizeOf): InferredOptions<PvtOptions> | undefined {
  const encoder = encoderShapes(size);
  if (!encoder || size('blocks.0.attn.kv.weight', 1) !== encoder.channels) return undefined;
  const { patch, stages } = encoder;
  const depths = stages.map(({ depth }) => depth);
  const channels = stages.map(({ first }) => size(`blocks.${first}.norm1.weight`, 0) ?? 1);
  const mlpRatios = stages.map(({ first }) => mlpRatioIn(size, `blocks.${first}`));
  const ones = stages.map(() => 1);
  return {
    inferred: { kind: 'pvt', channels, depths, mlpRatios, patch },
    varying: { epsilon: 1e-6 },
    assumed: { heads: ones, reductions: ones },
  };
}

/** Compact grids take half of each reduction. */
function compactIssueOf({ reductions }: PvtOptions): string | undefined {
  const odd = reductions.find((side) => side > 1 && side % 2 === 1);
  return odd === undefined ? undefined : `even \`backbone.reductions\`, or 1, but got ${odd}`;
}

/** The side of the squares of tokens that share a key in a stage. */
export function reductionOf({ reductions }: PvtOptions, stage: number, isCompact: boolean): number {
  const full = at(reductions, stage);
  return isCompact ? Math.max(1, full / 2) : full;
}

function arithmetic(options: PvtOptions, grid: EncoderGrid): EncoderArithmetic {
  const { channels, depths, mlpRatios, patch } = options;
  const { height, width, isCompact } = grid;
  const totals = { attentionProjections: 0, attentionProducts: 0, mlp: 0, downsample: 0 };
  for (const [stage, depth] of depths.entries()) {
    const own = at(channels, stage);
    const tokens = (height * width) / 4 ** stage;
    const reduced = tokens / reductionOf(options, stage, isCompact) ** 2;
    // Queries and output from all tokens; the 1x1 convolution, keys and values from the pooled
    // ones.
    totals.attentionProjections += depth * (tokens * 2 + reduced * 3) * own ** 2;
    totals.attentionProducts += depth * tokens * reduced * 2 * own;
    totals.mlp += depth * tokens * 2 * hiddenChannels(own, at(mlpRatios, stage)) * own;
    if (stage > 0) totals.downsample += tokens * 4 * own * at(channels, stage - 1);
  }
  return { patchEmbedding: height * width * 3 * patch ** 2 * at(channels, 0), ...totals };
}

/** Pyramids whose keys and values come from pooled tokens (Wang et al. 2021, arXiv:2102.12122). */
export const pvt = {
  kind: 'pvt',
  options,
  presets,
  shape: (options) => ({
    ...pyramidShape(options.channels, options),
    compactIssue: compactIssueOf(options),
  }),
  infer,
  arithmetic,
} as const satisfies BackboneFamily<PvtOptions>;
