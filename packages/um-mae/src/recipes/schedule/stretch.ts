/** Stretches of a run, each with a schedule of its own: a run that is extended has several. */
import { z } from 'zod';
import { revisions } from '../budget/fields.js';
import { duration, partialDuration } from './duration.js';
import { epochSchedule, learningRate, polySchedule } from './schedule-fields.js';

const count = z.int().positive();

const stretch = z.strictObject({
  steps: count.describe('optimizer steps done at its end'),
  epochs: count.describe('epochs begun at its end'),
  duration,
  warmup: partialDuration,
  learningRate,
  minimumLearningRate: z.number().min(0),
  schedule: z.union([polySchedule, epochSchedule]).optional(),
  revisions,
});

/** The schedules that a run had before it was extended, the first one first. */
export const history = z
  .array(stretch)
  .readonly()
  .optional()
  .describe('the schedules before the run was extended, written by --extend');

export type EarlierStretch = z.output<typeof stretch>;
