/** Options of decoders: the schemas from which their types are inferred. It loads no libtorch. */
import { z } from 'zod';
import { count, layers } from '../../backbones/parts/options.js';

const sharedOptions = {
  channels: count.multipleOf(4).default(512).describe('width of the decoder'),
  depth: layers.default(2).describe('blocks of the decoder'),
  heads: count.default(16).describe('attention heads of the decoder'),
  mlpRatio: z
    .number()
    .positive()
    .default(4)
    .describe('hidden channels of the MLPs of the decoder, in multiples of its channels'),
  epsilon: z
    .number()
    .positive()
    .default(1e-6)
    .describe('keeps the division of LayerNorm finite in the decoder'),
  // Source: Liu et al. 2023 (MFM), arXiv:2308.00261, section 3.
  stages: z
    .enum(['last', 'all'])
    .default('last')
    .describe('what the decoder reads: the last stage, as published, or all stages of a pyramid'),
};

const denseDecoder = z.strictObject({
  kind: z
    .literal('dense')
    .default('dense')
    .describe(
      'dense: mask tokens attend to all tokens; cross: to visible units alone, which is cheaper',
    ),
  ...sharedOptions,
  // The position that the decoder adds to each vector that a pyramid made: `aligned`, that of its
  // own unit, or `published`, that of the visible unit of the same rank in raster order. The two
  // differ whenever units of one row of cells lie in different rows; the second is a defect of the
  // published code, kept for parity.
  positions: z
    .enum(['aligned', 'published'])
    .default('aligned')
    .describe('whether visible units get their own positions, or those of the published code'),
});

const crossDecoder = z.strictObject({
  kind: z.literal('cross').describe('cross: mask tokens attend to visible units alone'),
  ...sharedOptions,
  predicted: z
    .number()
    .gt(0)
    .max(1)
    .default(0.25)
    .describe('of a cross decoder: share of the dropped units that each step predicts'),
});

/** The schema of the options of a decoder of any kind. */
export const decoderOptions = z
  .discriminatedUnion('kind', [denseDecoder, crossDecoder])
  .check(({ value, issues }) => {
    const { channels, heads } = value;
    if (channels % heads === 0) return;
    const message = `a divisor of ${channels}`;
    issues.push({ code: 'custom', path: ['heads'], message, input: heads });
  });

/** Options of a dense decoder. */
export type DenseDecoderOptions = z.output<typeof denseDecoder>;

/** Options of a cross decoder. */
export type CrossDecoderOptions = z.output<typeof crossDecoder>;

/** Options of a decoder of any kind. */
export type DecoderOptions = z.output<typeof decoderOptions>;
