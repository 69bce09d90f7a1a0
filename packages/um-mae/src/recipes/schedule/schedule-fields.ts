/** The recipe fields of learning rates over a run. */
import { z } from 'zod';

/** A learning rate that falls as a power of the share of the run that is left. */
export const polySchedule = z
  .strictObject({
    kind: z.literal('poly').default('poly').describe('poly: a power of the share that is left'),
    power: z.number().positive().default(1).describe('the exponent'),
    warmupStart: z
      .number()
      .min(0)
      .max(1)
      .default(1e-6)
      .describe('first factor of the warm-up, which multiplies the rate'),
  })
  .prefault({})
  .describe('the learning rate over the run');

const warmupStart = z
  .number()
  .min(0)
  .max(1)
  .default(1e-3)
  .describe('first factor of the warm-up, which multiplies the rate');

/** Learning rates that change after whole epochs only, as in published detection. */
export const epochSchedule = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('epoch-steps').describe('epoch-steps: falls after certain epochs'),
      milestones: z
        .array(z.int().positive())
        .readonly()
        .describe('epochs after which the rate falls'),
      factor: z.number().positive().max(1).default(0.1).describe('what it is multiplied with'),
      warmupStart,
    }),
    z.strictObject({
      kind: z.literal('epoch-cosine').describe('epoch-cosine: a cosine of whole epochs'),
      warmupStart,
    }),
  ])
  .nullable()
  .default(null)
  .describe('the learning rate of each epoch; null: it falls along a cosine at every step');

/** The highest learning rate, by itself or for a size of steps. */
export const learningRate = z.union(
  [
    z.strictObject({
      base: z
        .number()
        .positive()
        .describe('highest learning rate for 256 images a step; it grows with the step'),
    }),
    z.strictObject({
      peak: z.number().positive().describe('peak learning rate, whatever the batch size'),
    }),
  ],
  { error: 'one of {base: RATE}, {peak: RATE}' },
);
