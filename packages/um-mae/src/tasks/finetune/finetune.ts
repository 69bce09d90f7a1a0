/** Fine-tuning in one call: weights and labelled images in, a run directory with a network out. */

import { checkBudget } from '../../recipes/budget/check-budget.js';
import { withoutBudget } from '../../recipes/budget/fields.js';
import { resumedRecipe } from '../../recipes/budget/resumed.js';
import {
  composeFinetuneRecipe,
  type FinetuneRequest,
  writtenFinetuneRecipe,
} from '../../recipes/finetune/compose-finetune.js';
import type { FinetuneRecipeInput } from '../../recipes/finetune/finetune-recipe.js';
import { type AnyLabelledRecipe, finetuning } from '../../recipes/kind.js';
import { isAssigned } from '../../recipes/values/assignments.js';
import { assignmentsOf, type CommonValues } from '../../recipes/values/given-values.js';
import { chooseRun } from '../../training/budget/choose-run.js';
import type { Summary } from '../../training/recording/events.js';
import { goesOn } from '../../training/run-files/open-run-directory.js';
import { recordedRecipe } from '../../training/run-files/resume.js';
import {
  completeSettings,
  type RunSettings,
  runDirectoryOf,
  runToEnd,
  withProcesses,
} from '../../training/run-settings.js';
import { withPrecisionOn } from '../../training/steps/precision.js';
import { isOrigin } from '../../weights/initial/initial-weights.js';
import { architectureOf, openWeights } from '../../weights/open-weights.js';
import { chooseFinetuning } from './choose-finetune.js';
import type { FinetuneEvent } from './events.js';
import { finetuneEvents } from './finetune-events.js';

type RecipeValues = Partial<
  Omit<FinetuneRecipeInput, 'data' | 'from' | 'task' | 'budget' | 'revisions'>
>;

type DataRecipe = FinetuneRecipeInput['data'];

/** Images by what they are for: `train`, `val`, and what else a recipe says of its data. */
type DataValues = { readonly [Key in keyof DataRecipe]?: DataRecipe[Key] | undefined };

/**
 * Options of `finetune`: initial weights, data, output folder. Any other value of a recipe may be
 * given beside them.
 */
export interface FinetuneOptions extends RunSettings<FinetuneEvent>, RecipeValues, CommonValues {
  /**
   * A run, a checkpoint, a file of weights, or null: from scratch. Only a recipe may name it
   * instead.
   */
  readonly from?: string | null | undefined;
  /** The weights to take of a file that holds several sets, such as `teacher`. */
  readonly entry?: string | undefined;
  /**
   * A folder with all images, such as one that holds `train` and `val`; or the values of `data` in
   * the recipe.
   */
  readonly data?: string | DataValues | undefined;
  /** The task. Default `classification`, or that of the recipe. */
  readonly task?: string | undefined;
  /** A model by its name. Default: that of the recipe, or of the weights. */
  readonly model?: string | undefined;
  /**
   * A named recipe, a YAML file, or a recipe itself. Default: that of the task, such as
   * `small-data`, or that of the run that is resumed.
   */
  readonly recipe?: string | object | undefined;
}

/**
 * Trains a network on a task and evaluates it as it goes. Weights depend on recipe, images, device
 * and threads only: a run that was stopped at any moment and resumed ends with the same ones.
 *
 * @returns how the run ended, when it has finished or `signal` has ended it
 * @throws RecipeError with everything that is wrong with the values
 * @throws UmMaeError or TorchError, of one sentence, when the run cannot begin or go on
 *
 * @example
 * ```ts
 * import { finetune } from 'um-mae';
 *
 * const { best } = await finetune({
 *   from: 'runs/photos',
 *   data: 'labelled', // with `train` and `val`, each with a folder for every class
 *   epochs: 1,
 *   batchSize: 4,
 *   out: 'runs/classes',
 * });
 * console.log(best);
 * ```
 */
export async function finetune(options: FinetuneOptions): Promise<Summary> {
  const { out, mode, device, threads, workers, signal, onRest, environment, team, ...others } =
    options;
  const { onEvent, onLook, verify, budget, startMs = performance.now(), ...request } = others;
  const { from, entry, data, task, model, recipe, ...values } = request;
  const directory = runDirectoryOf({ out, mode }, 'finetune');
  const recorded = goesOn(mode) ? await recordedRecipe(directory, finetuning) : undefined;
  const weights = from && !recorded ? openWeights(from, undefined, { entry, verify }) : undefined;
  const asked: FinetuneRequest = {
    task,
    recipe,
    model,
    weights: weights && architectureOf(weights),
    recorded,
    folder: typeof data === 'string' ? data : undefined,
    assignments: assignmentsOf({ from, entry, ...dataValues(data), ...values }),
  };
  const { assignments } = asked;
  checkBudget({ budget, isExtended: mode === 'extend', assignments, recorded });
  const composed = await recipeOf(asked, budget !== undefined);
  const settings = { mode, device, threads, workers, signal, verify, environment, team };
  const listening = { ...settings, startMs, onRest, onLook };
  // A value in `set` may name others.
  const isMeant = from && isOrigin(composed, { from, entry });
  const complete = await withProcesses(completeSettings(listening, directory));
  const begins = budget !== undefined && !recorded;
  const { recipe: decided, ...found } = begins
    ? await chooseRun({ ...complete, onEvent }, () =>
        chooseFinetuning(asked, { ...complete, budget, startMs }),
      )
    : { recipe: composed };
  return runToEnd<FinetuneEvent>(
    finetuneEvents({
      ...complete,
      ...found,
      recipe: withPrecisionOn(complete.device, decided),
      weights: isMeant ? weights : undefined,
    }),
    onEvent,
  );
}

/** The recipe of a run for which nothing is left to choose. */
async function recipeOf(asked: FinetuneRequest, hasBudget: boolean): Promise<AnyLabelledRecipe> {
  const { recorded, recipe, task, model } = asked;
  if (!recorded) {
    const keeps = !isAssigned(asked.assignments, 'duration');
    return withoutBudget(await composeFinetuneRecipe(asked), { keeps });
  }
  if (!hasBudget) return composeFinetuneRecipe(asked);
  const written = recipe === undefined ? {} : await writtenFinetuneRecipe(recipe, task);
  const resumed = resumedRecipe({ recorded, written, model });
  return composeFinetuneRecipe({ ...asked, recipe: resumed, model: undefined });
}

function dataValues(data: FinetuneOptions['data']): Record<string, unknown> {
  const parts = typeof data === 'string' ? {} : data;
  return Object.fromEntries(
    Object.entries(parts ?? {}).map(([key, value]) => [`data.${key}`, value]),
  );
}
