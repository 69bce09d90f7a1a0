/** Extends a finished run: it goes on for more steps, with a schedule of its own. */
import { CheckpointError } from '../../errors.js';
import { withoutBudget } from '../../recipes/budget/fields.js';
import { type Facts, type Plan, resolve } from '../../recipes/schedule/plan.js';
import type { EarlierStretch } from '../../recipes/schedule/stretch.js';
import type { TrainingRecipe } from '../../recipes/training-recipe.js';
import type { RunMode } from './open-run-directory.js';

/** A run that begins, or goes on. */
interface PlannedRun<Recipe> {
  /** The recipe of the run so far; undefined where it begins. */
  readonly recorded: Recipe | undefined;
  /** The recipe from now on, with the length of the whole. */
  readonly recipe: Recipe;
  readonly mode: RunMode;
}

/**
 * The plan of the whole run; where it is extended, with what it has done as history.
 *
 * @throws RecipeError when an extended run is no longer than before, or a warm-up outlasts what is
 *   added
 */
export function planOf<Recipe extends TrainingRecipe>(
  { recorded, recipe, mode }: PlannedRun<Recipe>,
  facts: Facts,
): Plan<Recipe> {
  if (!recorded || mode !== 'extend') return resolve(recipe, facts);
  const done = historyOf(resolve(recorded, facts));
  const history = [...(recorded.history ?? []), done];
  return resolve({ ...withoutBudget(recipe, { keeps: false }), history }, facts);
}

function historyOf({ recipe, stretches, steps, stepsPerEpoch }: Plan): EarlierStretch {
  const { duration, warmup, learningRate, minimumLearningRate, schedule, revisions } = recipe;
  const last = stretches.at(-1) ?? stretches[0];
  // An epoch that was not done to its end is over, too.
  const epochs = last.start.epoch + Math.ceil(last.steps / stepsPerEpoch);
  const rates = { warmup, learningRate, minimumLearningRate };
  const ofSchedule = schedule !== undefined && { schedule };
  const ofBudget = revisions !== undefined && { revisions };
  return { steps, epochs, duration, ...rates, ...ofSchedule, ...ofBudget };
}

/**
 * @param step the steps that the run has done
 * @throws CheckpointError when the run is not at the end of what it was planned for
 */
export function checkFinished(path: string, { stretches }: Plan, step: number): void {
  const planned = (stretches.at(-1) ?? stretches[0]).start.step;
  if (step >= planned) return;
  throw new CheckpointError(
    `Expected a finished run to extend in ${path} but got one after step ${step} of ${planned}.\nFinish it first, by --resume.`,
  );
}
