import type { TrainingRecipe } from '../training-recipe.js';

/** The length of a run of so many passes over the images, as a value of its recipe: in steps. */
export function plannedLength(
  { batchSize, accumulation }: Pick<TrainingRecipe, 'batchSize' | 'accumulation'>,
  { epochs, images }: { readonly epochs: number; readonly images: number },
): { readonly path: string; readonly value: number } {
  const stepsPerEpoch = Math.floor(Math.floor(images / batchSize) / accumulation);
  return { path: 'duration.steps', value: Math.max(1, Math.floor(epochs * stepsPerEpoch)) };
}
