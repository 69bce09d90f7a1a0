/** Pre-training in one call: images in, a run directory with a backbone out. */
import { parse as parsePath } from 'node:path';
import { type OwnBackbone, ownOptions } from '../../backbones/own.js';
import { checkBudget } from '../../recipes/budget/check-budget.js';
import { withoutBudget } from '../../recipes/budget/fields.js';
import { resumedRecipe } from '../../recipes/budget/resumed.js';
import { composeRecipe, type RecipeRequest, writtenRecipe } from '../../recipes/compose.js';
import { pretraining } from '../../recipes/kind.js';
import { defaultModel, modelRecipe } from '../../recipes/pretrain/named.js';
import type {
  PretrainRecipe,
  PretrainRecipeInput,
} from '../../recipes/pretrain/pretrain-recipe.js';
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
import { openWeights } from '../../weights/open-weights.js';
import { choosePretraining } from './choose-pretrain.js';
import type { PretrainEvent } from './events.js';
import { type OwnObjective, recordOf } from './own-objective.js';
import { pretrainEvents } from './pretrain-events.js';
import { startRecipe } from './start-recipe.js';

type RecipeValues = Partial<
  Omit<
    PretrainRecipeInput,
    'data' | 'method' | 'backbone' | 'objective' | 'from' | 'entry' | 'budget' | 'revisions'
  >
>;

/**
 * Options of `pretrain`: model, data, output folder. Any other value of a recipe may be given
 * beside them.
 */
export interface PretrainOptions extends RunSettings<PretrainEvent>, RecipeValues, CommonValues {
  /** Folders, images, lists, tar shards and Parquet files to learn from. */
  readonly data?: string | readonly string[] | undefined;
  /** The folder that relative paths in lists start from. Default: the folder of the list. */
  readonly dataRoot?: string | undefined;
  /** A model by its name. Default `swin-tiny`, or that of the recipe. */
  readonly model?: string | undefined;
  /** `um-mae`, `mae` or `simmim`. Default: that of the recipe. */
  readonly method?: string | undefined;
  /**
   * The network, in place of that of `model`: its options, or a backbone that the program brings.
   */
  readonly backbone?: PretrainRecipeInput['backbone'] | OwnBackbone | undefined;
  /**
   * An objective that the program brings, in place of `method`. A run of it is resumed by the same
   * objective; its encoder is used as any other.
   */
  readonly objective?: OwnObjective | undefined;
  /**
   * A run, a checkpoint, or a file of weights to begin with; null: from scratch. The network is
   * theirs, and so is the recipe of pre-training, but for images, length and seed, unless `model`
   * or `recipe` names others.
   */
  readonly from?: string | null | undefined;
  /** The weights to take of a file that holds several sets, such as `teacher`. */
  readonly entry?: string | undefined;
  /**
   * A named recipe, a YAML file, or a recipe itself. Default: that of the model, or of the run that
   * is resumed.
   */
  readonly recipe?: string | PretrainRecipeInput | undefined;
}

/**
 * Pre-trains a backbone. Weights depend on recipe, images, device and threads only: a run that was
 * stopped at any moment and resumed ends with the same ones.
 *
 * @returns how the run ended, when it has finished or `signal` has ended it
 * @throws RecipeError with everything that is wrong with the values
 * @throws UmMaeError or TorchError, of one sentence, when the run cannot begin or go on
 *
 * @example
 * ```ts
 * import { pretrain } from 'um-mae';
 *
 * const { step, loss } = await pretrain({
 *   data: 'photos',
 *   model: 'swin-micro',
 *   epochs: 1,
 *   batchSize: 4,
 *   out: 'runs/photos',
 *   onEvent: (event) => {
 *     if (event.kind === 'step') console.log(event.metrics.step, event.metrics.loss);
 *   },
 * });
 * console.log(`${step} steps, loss ${loss}`);
 * ```
 */
export async function pretrain(options: PretrainOptions): Promise<Summary> {
  const { out, mode, device, threads, workers, signal, onRest, environment, team, ...others } =
    options;
  const { onEvent, onLook, verify, budget, startMs = performance.now(), ...request } = others;
  const { data, dataRoot, model, method, recipe, objective, backbone, ...values } = request;
  const { from, entry } = values;
  const own = backbone && 'build' in backbone ? backbone : undefined;
  const directory = runDirectoryOf({ out, mode }, nameOf(options));
  const recorded = goesOn(mode) ? await recordedRecipe(directory, pretraining) : undefined;
  const assignments = assignmentsOf({
    'data.paths': typeof data === 'string' ? [data] : data,
    'data.root': dataRoot,
    backbone: own ? ownOptions(own) : backbone,
    objective: objective && recordOf(objective),
    ...values,
  });
  const weights = from && !recorded ? openWeights(from, undefined, { entry, verify }) : undefined;
  const asked: RecipeRequest = {
    recipe,
    model,
    method,
    fallback: recorded ?? modelRecipe(defaultModel),
    ofWeights: weights && (() => startRecipe(weights, assignments)),
    assignments,
  };
  checkBudget({ budget, isExtended: mode === 'extend', assignments, recorded });
  const known = await recipeOf(asked, recorded, budget !== undefined);
  const settings = { mode, device, threads, workers, signal, verify, environment, team };
  const listening = { ...settings, startMs, onRest, onLook };
  const complete = await withProcesses(completeSettings(listening, directory));
  // A value in `set` may name others.
  const isMeant = from && isOrigin(known, { from, entry });
  const parts = { objective, backbone: own, weights: isMeant ? weights : undefined };
  const run = { ...complete, ...parts };
  const begins = budget !== undefined && !recorded;
  const { recipe: decided, ...found } = begins
    ? await chooseRun({ ...run, onEvent }, () =>
        choosePretraining(asked, { ...run, budget, startMs }),
      )
    : { recipe: known };
  const final = { ...run, ...found, recipe: withPrecisionOn(complete.device, decided) };
  return runToEnd<PretrainEvent>(pretrainEvents(final), onEvent);
}

/** The recipe of a run for which nothing is left to choose. */
async function recipeOf(
  asked: RecipeRequest,
  recorded: PretrainRecipe | undefined,
  hasBudget: boolean,
): Promise<PretrainRecipe> {
  if (!recorded) {
    const keeps = !isAssigned(asked.assignments, 'duration');
    return withoutBudget(await composeRecipe(asked), { keeps });
  }
  if (!hasBudget) return composeRecipe(asked);
  const { model, method } = asked;
  const written = await writtenRecipe({ ...asked, model: undefined });
  const recipe = resumedRecipe({ recorded, written, model, method });
  return composeRecipe({ ...asked, recipe, model: undefined, method: undefined });
}

/** Returns the name of a run without `out`, a folder in `runs`. */
function nameOf({ model, recipe, from, budget }: PretrainOptions) {
  if (model !== undefined) return model;
  const isOpen = recipe === undefined && (from || budget !== undefined);
  if (typeof recipe === 'object' || isOpen) return 'pretrain';
  return recipe === undefined ? defaultModel : parsePath(recipe).name;
}
