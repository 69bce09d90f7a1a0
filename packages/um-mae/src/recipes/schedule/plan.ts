/** A recipe meets the number of images: what it comes to in steps and absolute rates. */
import { DataError, RecipeError } from '../../errors.js';
import { type Revision, revisedAt } from '../budget/fields.js';
import type { TrainingRecipe } from '../training-recipe.js';
import { inSteps, type Pace } from './duration.js';
import type { EarlierStretch } from './stretch.js';

/** The facts, beside the recipe, that a plan depends on. */
export interface Facts {
  /** Images in the data set. */
  readonly images: number;
}

/** A recipe without anything left open. */
export interface Plan<Recipe extends TrainingRecipe = TrainingRecipe> {
  readonly recipe: Recipe;
  /** Whole batches; what is left of an epoch after its last step is not trained on. */
  readonly batchesPerEpoch: number;
  readonly stepsPerEpoch: number;
  readonly imagesPerStep: number;
  /** Length of the run. */
  readonly steps: number;
  /** The schedules of the run, one after the other; several where it was extended. */
  readonly stretches: readonly [Stretch, ...Stretch[]];
  /** Steps of the last warm-up. */
  readonly warmupSteps: number;
  /** The learning rate at the end of that warm-up. */
  readonly peakLearningRate: number;
  /** Steps between two checkpoints, beside those at the end of every epoch. */
  readonly checkpointSteps: number;
  /** Steps between two lines of metrics, beside those of the first and the last one. */
  readonly logSteps: number;
}

/** A part of a run with a schedule of its own. */
export interface Stretch {
  /** Steps and epochs that are done before it. */
  readonly start: { readonly step: number; readonly epoch: number };
  readonly steps: number;
  /** The steps that it was planned with at first, of which the warm-up is a part. */
  readonly plannedSteps: number;
  /** Lengths of the run before it got this one, by steps of the whole run. */
  readonly revisions: readonly Revision[];
  readonly warmupSteps: number;
  readonly peakLearningRate: number;
  readonly minimumLearningRate: number;
  readonly schedule: TrainingRecipe['schedule'] | undefined;
}

/** Lines of metrics that a run has at least, if it has as many steps. */
const fewestLines = 100;
/** Most steps between two lines, where the recipe leaves it open. */
const mostBetweenLines = 10;

/**
 * @throws DataError when the images do not fill one step, RecipeError when the warm-up outlasts the
 *   run, or a run that is extended gets no longer
 *
 * @example
 * ```ts
 * import { modelRecipe, parsePretrainRecipe, resolve } from 'um-mae';
 *
 * const recipe = parsePretrainRecipe({ ...modelRecipe('swin-micro'), batchSize: 32 });
 * const { stepsPerEpoch, peakLearningRate } = resolve(recipe, { images: 1000 });
 * console.log(stepsPerEpoch, peakLearningRate);
 * ```
 */
export function resolve<Recipe extends TrainingRecipe>(
  recipe: Recipe,
  { images }: Facts,
): Plan<Recipe> {
  const { batchSize, accumulation, checkpoints, logEvery } = recipe;
  const imagesPerStep = batchSize * accumulation;
  const batchesPerEpoch = Math.floor(images / batchSize);
  const stepsPerEpoch = Math.floor(batchesPerEpoch / accumulation);
  if (stepsPerEpoch === 0) {
    throw new DataError(
      `Expected at least ${imagesPerStep} images, one step of ${accumulation} x ${batchSize}, but got ${images}.\n` +
        'Add images, or lower --batch-size or --accumulation.',
    );
  }
  const pace = { stepsPerEpoch, imagesPerStep };
  const steps = inSteps(recipe.duration, pace);
  const { history = [] } = recipe;
  const stretches = history.map((earlier, i) =>
    stretchOf(earlier, { pace, end: earlier.steps, start: endOf(history[i - 1]) }),
  );
  const last = stretchOf(recipe, { pace, end: steps, start: endOf(history.at(-1)) });
  const [first = last, ...others] = [...stretches, last];
  return {
    recipe,
    batchesPerEpoch,
    stepsPerEpoch,
    imagesPerStep,
    steps,
    stretches: [first, ...others],
    warmupSteps: last.warmupSteps,
    peakLearningRate: last.peakLearningRate,
    checkpointSteps: inSteps(checkpoints.every, pace),
    logSteps: logEvery ?? Math.min(mostBetweenLines, Math.max(1, Math.floor(steps / fewestLines))),
  };
}

function endOf(earlier: EarlierStretch | undefined): Stretch['start'] {
  return { step: earlier?.steps ?? 0, epoch: earlier?.epochs ?? 0 };
}

/** The values of a recipe that make a schedule. */
interface Scheduled
  extends Pick<TrainingRecipe, 'warmup' | 'learningRate' | 'minimumLearningRate'> {
  readonly schedule?: TrainingRecipe['schedule'] | undefined;
  readonly revisions?: readonly Revision[] | undefined;
}

/** @param where the steps that are done before and at its end */
function stretchOf(
  { warmup, learningRate, minimumLearningRate, schedule, revisions = [] }: Scheduled,
  where: { readonly pace: Pace; readonly start: Stretch['start']; readonly end: number },
): Stretch {
  const { pace, start, end } = where;
  const steps = end - start.step;
  if (steps <= 0) {
    const message = `Expected a \`duration\` beyond the ${start.step} steps that the run has had but got ${end} steps.\nGive the length of the whole run, as --epochs.`;
    throw new RecipeError([{ path: 'duration', message }]);
  }
  const plannedSteps = (revisions[0]?.steps ?? end) - start.step;
  const warmupSteps =
    'share' in warmup ? Math.round(warmup.share * plannedSteps) : inSteps(warmup, pace);
  if (warmupSteps > plannedSteps) {
    const of = start.step === 0 ? `the run of ${steps} steps` : `the ${steps} steps to come`;
    const message = `Expected \`warmup\` within ${of} but got ${warmupSteps} steps.`;
    throw new RecipeError([{ path: 'warmup', message }]);
  }
  const peakLearningRate =
    'peak' in learningRate ? learningRate.peak : (learningRate.base * pace.imagesPerStep) / 256;
  const rates = { warmupSteps, peakLearningRate, minimumLearningRate, schedule };
  return { start, steps, plannedSteps, revisions, ...rates };
}

/** The plan of a run that changes its length on its way. @param step the steps that it has done */
export function revise<Recipe extends TrainingRecipe>(
  { recipe, steps: before }: Plan<Recipe>,
  { step, steps, images }: Facts & { readonly step: number; readonly steps: number },
): Plan<Recipe> {
  const revisions = revisedAt({ ...recipe, steps: before }, step);
  return resolve({ ...recipe, duration: { steps }, revisions }, { images });
}
