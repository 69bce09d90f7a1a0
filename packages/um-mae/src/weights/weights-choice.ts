/** Weights of a run or a checkpoint, in the order in which they stand for it. */
export const weightsChoices = ['best', 'average', 'last'] as const;

/**
 * Weights of a run or a checkpoint: those that scored best, their running average, or those of the
 * last step.
 */
export type WeightsChoice = (typeof weightsChoices)[number];
