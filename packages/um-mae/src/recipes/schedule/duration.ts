/** Durations, in passes over the data, in optimizer steps, or in images. */
import { z } from 'zod';

const epochs = z.strictObject({ epochs: z.number().positive().describe('passes over the data') });
const steps = z.strictObject({ steps: z.int().positive().describe('optimizer steps') });
const images = z.strictObject({ images: z.int().positive().describe('images seen') });
const share = z.strictObject({ share: z.number().min(0).max(1).describe('part of the whole run') });

/** The keys of a duration, exactly one of which it has. */
export const durationUnits: readonly string[] = ['epochs', 'steps', 'images', 'share'];

export const duration = z.union([epochs, steps, images], {
  error: 'one of {epochs: N}, {steps: N}, {images: N}',
});

/** A duration that may also be a part of the run. */
export const partialDuration = z.union([epochs, steps, images, share], {
  error: 'one of {epochs: N}, {steps: N}, {images: N}, {share: 0 to 1}',
});

export type Duration = z.output<typeof duration>;
export type PartialDuration = z.output<typeof partialDuration>;

/** The size of an epoch and of a step, by which durations are converted. */
export interface Pace {
  readonly stepsPerEpoch: number;
  readonly imagesPerStep: number;
}

/**
 * A duration in optimizer steps, at least one.
 *
 * @example
 * ```ts
 * import { inSteps } from 'um-mae/runs';
 *
 * console.log(inSteps({ epochs: 3 }, { stepsPerEpoch: 10, imagesPerStep: 32 })); // 30
 * ```
 */
export function inSteps(length: Duration, { stepsPerEpoch, imagesPerStep }: Pace): number {
  if ('steps' in length) return length.steps;
  const exact = 'epochs' in length ? length.epochs * stepsPerEpoch : length.images / imagesPerStep;
  return Math.max(1, Math.round(exact));
}
