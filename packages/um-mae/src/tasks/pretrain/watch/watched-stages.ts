/** The features that a run is watched by. */
import { shapeOf } from '../../../backbones/families.js';
import { defaultPooledStages, type PooledStages } from '../../../backbones/pooled-stages.js';
import { RecipeError } from '../../../errors.js';
import type { PretrainRecipe } from '../../../recipes/pretrain/pretrain-recipe.js';

/**
 * The recipe with stages and pooling of its looks at the features, which a recipe may leave open. A
 * new run has those of all features; a run that goes on keeps those that it has recorded, so that
 * its curves do not jump. One of before there was a choice has recorded none, and looks at the means
 * of the last stage.
 *
 * @param recorded the recipe of the run that goes on
 * @throws RecipeError when there is no such stage
 */
export function withWatchedStages(
  recipe: PretrainRecipe,
  recorded: PretrainRecipe | undefined,
): PretrainRecipe {
  const { channels } = shapeOf(recipe.backbone);
  const former: PooledStages = { stages: [channels.length - 1], pooling: 'mean' };
  const usual = recorded ? former : defaultPooledStages(channels);
  const stages = recipe.watch.stages ?? recorded?.watch.stages ?? usual.stages;
  const pooling = recipe.watch.pooling ?? recorded?.watch.pooling ?? usual.pooling;
  const wrong = stages.find((stage) => stage >= channels.length);
  if (wrong === undefined) return { ...recipe, watch: { ...recipe.watch, stages, pooling } };
  const message = `Expected stages out of 0 to ${channels.length - 1} for \`watch.stages\` but got ${wrong}.`;
  throw new RecipeError([{ path: 'watch.stages', message }]);
}
