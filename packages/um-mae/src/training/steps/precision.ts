/** The precision in which a run computes: as its recipe says, or what is fastest on the device. */
import { engine } from '@um-mae/torch';
import { RecipeError } from '../../errors.js';
import type { TrainingRecipe } from '../../recipes/training-recipe.js';

/** A precision that is decided. */
export type Precision = Exclude<TrainingRecipe['precision'], 'auto'>;

/**
 * Decides `auto`: bf16 on GPUs of CUDA and on CPUs that multiply it, else f32. Nowhere f16, whose
 * range needs care.
 *
 * @throws RecipeError for f16 elsewhere than on CUDA
 */
export function precisionOn(
  device: string,
  { precision }: Pick<TrainingRecipe, 'precision'>,
): Precision {
  const isCuda = device.startsWith('cuda');
  if (precision === 'auto') {
    return isCuda || (device === 'cpu' && engine().isFastInHalf) ? 'bf16' : 'f32';
  }
  if (precision !== 'f16' || isCuda) return precision;
  const message = `Expected precision f32 or bf16 on ${device} but got f16, which needs CUDA.`;
  throw new RecipeError([{ path: 'precision', message }]);
}

/** Decides the precision of a recipe, for a run that records it. */
export function withPrecisionOn<Recipe extends TrainingRecipe>(
  device: string,
  recipe: Recipe,
): Recipe {
  if (recipe.precision !== 'auto') return recipe;
  return { ...recipe, precision: precisionOn(device, recipe) };
}
