/** The plain vision transformer as data: its options, named sizes, and what follows from them. */
import { z } from 'zod';
import type { BackboneFamily, EncoderArithmetic, EncoderGrid, InferredOptions } from '../family.js';
import { hiddenChannels } from '../parts/blocks/mlp-width.js';
import { count, layers, sharedOptions } from '../parts/options.js';
import { encoderShapes, mlpRatioIn, type SizeOf } from '../parts/weight-shapes.js';

const options = z
  .strictObject({
    kind: z.literal('vit').describe('vit: full attention, no pyramid'),
    channels: count.multipleOf(4).describe('channels of every block'),
    depth: layers.describe('blocks'),
    heads: count.describe('attention heads of each block'),
    patch: count.describe('side of a patch in pixels, and of a mask unit'),
    mlpRatio: sharedOptions.mlpRatio,
    epsilon: sharedOptions.epsilon,
    layerScale: z
      .number()
      .min(0)
      .default(0)
      .describe('first factor of LayerScale on residual branches; 0: no LayerScale'),
    registers: z
      .int()
      .min(0)
      .default(0)
      .describe('learned tokens beside the class token, which no patch has'),
  })
  .check(({ value, issues }) => {
    const { channels, heads } = value;
    if (channels % heads === 0) return;
    const message = `a divisor of ${channels}`;
    issues.push({ code: 'custom', path: ['heads'], message, input: heads });
  });

/** Options of a plain vision transformer. */
export type VitOptions = z.output<typeof options>;

/** Dosovitskiy et al. 2021, arXiv:2010.11929, table 1; Small as in DeiT, arXiv:2012.12877. */
const base = {
  kind: 'vit',
  channels: 768,
  depth: 12,
  heads: 12,
  patch: 16,
  mlpRatio: 4,
  epsilon: 1e-6,
  layerScale: 0,
  registers: 0,
} as const satisfies VitOptions;

const small = { ...base, channels: 384, heads: 6 } as const satisfies VitOptions;

const large = { ...base, channels: 1024, depth: 24, heads: 16 } as const satisfies VitOptions;

/** Oquab et al. 2023 (DINOv2), arXiv:2304.07193, table 17. */
const dinov2 = { patch: 14, layerScale: 1e-5 } as const;

/** Darcet et al. 2023, arXiv:2309.16588, section 2.2. */
const withRegisters = { ...dinov2, registers: 4 } as const;

const presets = {
  'vit-small': small,
  'vit-base': base,
  'vit-large': large,
  'vit-huge': { ...large, channels: 1280, depth: 32, patch: 14 },
  'vit-small-14': { ...small, ...dinov2 },
  'vit-base-14': { ...base, ...dinov2 },
  'vit-large-14': { ...large, ...dinov2 },
  'vit-small-14-registers': { ...small, ...withRegisters },
  'vit-base-14-registers': { ...base, ...withRegisters },
  'vit-large-14-registers': { ...large, ...withRegisters },
} as const satisfies Readonly<Record<string, VitOptions>>;

function infer(size: SizeOf): InferredOptions<VitOptions> | undefined {
  const encoder = encoderShapes(size);
  if (!encoder || size('cls_token', 2) === undefined) return undefined;
  const { patch, channels, stages } = encoder;
  const [only, ...others] = stages;
  if (size('blocks.0.attn.qkv.weight', 1) !== channels || !only || others.length > 0)
    return undefined;
  const sizes = { channels, depth: only.depth, mlpRatio: mlpRatioIn(size, 'blocks.0') };
  const layerScale = size('blocks.0.ls1.gamma', 0) === undefined ? 0 : dinov2.layerScale;
  const registers = size('register_tokens', 1) ?? 0;
  return {
    inferred: { kind: 'vit', ...sizes },
    varying: { patch, epsilon: 1e-6, layerScale, registers },
    assumed: { heads: 1 },
  };
}

function arithmetic(
  { channels, depth, mlpRatio, patch, registers }: VitOptions,
  { height, width }: EncoderGrid,
): EncoderArithmetic {
  const patches = height * width;
  const tokens = patches + 1 + registers;
  return {
    patchEmbedding: patches * 3 * patch ** 2 * channels,
    attentionProjections: depth * tokens * 4 * channels ** 2,
    attentionProducts: depth * tokens ** 2 * 2 * channels,
    mlp: depth * tokens * 2 * hiddenChannels(channels, mlpRatio) * channels,
    downsample: 0,
  };
}

/** Plain transformers of patches and a class token (Dosovitskiy et al. 2021, arXiv:2010.11929). */
export const vit = {
  kind: 'vit',
  options,
  presets,
  shape: ({ channels, epsilon, patch }) => ({
    patch,
    channels: [channels],
    strides: [patch],
    unit: patch,
    unitsPerToken: 1,
    epsilon,
    hasClassToken: true,
    needsGrid: false,
  }),
  infer,
  arithmetic,
} as const satisfies BackboneFamily<VitOptions>;
