/** The recipe of a run that begins with weights, where no other one is named. */

import { checkOpen } from '../../recipes/finetune/compose-finetune.js';
import { modelRecipe } from '../../recipes/pretrain/named.js';
import type {
  PretrainRecipe,
  PretrainRecipeInput,
} from '../../recipes/pretrain/pretrain-recipe.js';
import type { Assignment } from '../../recipes/values/assignments.js';
import { architectureOf, type Weights } from '../../weights/open-weights.js';

/**
 * Returns the recipe to go on with: that of the pre-training that the weights are from, but for its
 * images, its length, its seed and its past; of other weights, the usual one of their model.
 *
 * @param assignments values that are given beside the weights
 * @throws CheckpointError when the weights are of another kind of network
 * @throws RecipeError when they do not determine theirs
 */
export function startRecipe(
  weights: Weights,
  assignments: readonly Assignment[],
): PretrainRecipeInput {
  const { backbone, image } = architectureOf(weights);
  const { recipe, inferred } = weights;
  if (!recipe) {
    checkOpen({ backbone, open: inferred?.open ?? [] }, assignments);
    return { ...inferred?.recipe, backbone };
  }
  if (recipe.task === 'pretrain' && !recipe.objective) return ofOtherImages(recipe);
  const usual = inferred?.preset === undefined ? {} : modelRecipe(inferred.preset);
  return { ...usual, backbone, image };
}

/** Leaves out the images, what is looked at on them, the length, the seed, and the beginning. */
function ofOtherImages(recipe: PretrainRecipe): PretrainRecipeInput {
  return {
    ...recipe,
    data: undefined,
    watch: undefined,
    duration: undefined,
    warmup: undefined,
    seed: undefined,
    from: undefined,
    entry: undefined,
    resizePositions: undefined,
    history: undefined,
    budget: undefined,
    revisions: undefined,
  };
}
