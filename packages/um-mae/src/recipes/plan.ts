/** A recipe meets the number of images: what it comes to in steps and absolute rates. */
import { DataError, RecipeError } from '../errors.js';
import { inSteps } from './duration.js';
import type { TrainingRecipe } from './training-recipe.js';

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
  readonly warmupSteps: number;
  /** The learning rate at the end of the warm-up. */
  readonly peakLearningRate: number;
  /** Steps between two checkpoints, beside those at the end of every epoch. */
  readonly checkpointSteps: number;
  /** Steps between two lines of metrics, beside those of the first and the last one. */
  readonly logSteps: number;
}

/** Lines of metrics that a run has at least, if it has as many steps. */
const fewestLines = 100;
/** Most steps between two lines, where the recipe leaves it open. */
const mostBetweenLines = 10;

/**
 * @throws DataError when the images do not fill one step, RecipeError when the warm-up outlasts the
 *   run
 */
export function resolve<Recipe extends TrainingRecipe>(
  recipe: Recipe,
  { images }: Facts,
): Plan<Recipe> {
  const { batchSize, accumulation, warmup, learningRate, checkpoints, logEvery } = recipe;
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
  const warmupSteps = 'share' in warmup ? Math.round(warmup.share * steps) : inSteps(warmup, pace);
  if (warmupSteps > steps) {
    const message = `Expected \`warmup\` within the run of ${steps} steps but got ${warmupSteps} steps.`;
    throw new RecipeError([{ path: 'warmup', message }]);
  }
  return {
    recipe,
    batchesPerEpoch,
    stepsPerEpoch,
    imagesPerStep,
    steps,
    warmupSteps,
    peakLearningRate:
      'peak' in learningRate ? learningRate.peak : (learningRate.base * imagesPerStep) / 256,
    checkpointSteps: inSteps(checkpoints.every, pace),
    logSteps: logEvery ?? Math.min(mostBetweenLines, Math.max(1, Math.floor(steps / fewestLines))),
  };
}
