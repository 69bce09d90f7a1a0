/** The state of a run beside its weights: the `state.json` of a checkpoint. */
import { parseJson } from '@um-mae/torch/files';
import { z } from 'zod';
import { CheckpointError } from '../../../errors.js';

const count = z.int().min(0);

const trainingState = z.object({
  /** Layout of this file. */
  version: z.literal(1),
  /** Optimizer steps done. */
  step: count,
  /** Epochs done. */
  epoch: count,
  /** Batches of the epoch under way that have been trained on. */
  batch: count,
  /** Whether what follows the last epoch, such as its evaluation, is still to be done. */
  isLookDue: z.boolean().default(false),
  /** Seconds of training so far, over all resumptions. */
  elapsedSeconds: z.number(),
  /** Losses of the epoch under way. */
  losses: z.object({ sum: z.number(), batches: count }),
  /** Unreadable images of the epoch under way. */
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** State of the generator that draws masks, mixtures of images and dropped paths, in base64. */
  masks: z.string(),
  /** The state of loss scaling, in half-precision training only. */
  scaler: z.object({ scale: z.number(), growthTracker: z.number() }).nullable(),
  /** The data set, by what decides its order, a sample of what its images hold, and their sizes. */
  images: z.object({
    count,
    digest: z.string(),
    sample: z.string().optional(),
    sizes: z.string().optional(),
  }),
});

export type TrainingState = z.output<typeof trainingState>;

/** The identity of the images of a run, to recognise another set. */
export type ImageSet = TrainingState['images'];

/** @throws CheckpointError when the text is no training state */
export function parseTrainingState(text: string, path: string): TrainingState {
  try {
    return trainingState.parse(parseJson(text));
  } catch (cause) {
    throw new CheckpointError(`Expected the state of a run in ${path} but it is damaged.`, {
      cause,
    });
  }
}
