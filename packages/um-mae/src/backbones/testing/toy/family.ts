/** A family that only tests know, as data: what a researcher writes to add one. */
import { z } from 'zod';
import { at } from '../../../at.js';
import { type BackboneFamily, pyramidShape } from '../../family.js';
import { hiddenChannels } from '../../parts/blocks/mlp-width.js';
import { byStage, sharedOptions } from '../../parts/options.js';
import { encoderShapes, mlpRatioIn } from '../../parts/weight-shapes.js';

const options = z.strictObject({
  kind: z.literal('toy').describe('toy: an MLP on each token'),
  channels: byStage.describe('channels of each stage, which is one block'),
  patch: sharedOptions.pyramidPatch,
  mlpRatio: sharedOptions.mlpRatio,
});

/** Options of a toy. */
export type ToyOptions = z.output<typeof options>;

/** Strided convolutions between stages, and an MLP on each token. */
export const toy = {
  kind: 'toy',
  options,
  presets: {},
  shape: ({ channels, patch }) => pyramidShape(channels, { patch, epsilon: 1e-6 }),
  infer(size) {
    const encoder = encoderShapes(size);
    if (!encoder || size('blocks.0.attn.proj.weight', 0) !== undefined) return undefined;
    const blocks = encoder.stages.map(({ first }) => `blocks.${first}`);
    const channels = blocks.map((block) => size(`${block}.norm1.weight`, 0) ?? 1);
    const mlpRatio = mlpRatioIn(size, ...blocks);
    return { inferred: { kind: 'toy', channels, patch: encoder.patch, mlpRatio }, assumed: {} };
  },
  arithmetic({ channels, mlpRatio, patch }, { height, width }) {
    const tokensOf = (stage: number) => (height * width) / 4 ** stage;
    const sum = (macs: (own: number, stage: number) => number) =>
      channels.reduce((total, own, stage) => total + tokensOf(stage) * macs(own, stage), 0);
    return {
      patchEmbedding: tokensOf(0) * 3 * patch ** 2 * at(channels, 0),
      attentionProjections: 0,
      attentionProducts: 0,
      mlp: sum((own) => 2 * own * hiddenChannels(own, mlpRatio)),
      downsample: sum((own, stage) => (stage > 0 ? 4 * own * at(channels, stage - 1) : 0)),
    };
  },
} as const satisfies BackboneFamily<ToyOptions>;
