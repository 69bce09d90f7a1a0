/** Times the recipes that a budget of time is to decide between. */
import type { Candidate, TimedCandidate } from '../../recipes/budget/choose.js';
import type { TrainingRecipe } from '../../recipes/training-recipe.js';

/** A larger network computes up to so many times as much in a second: its products are larger. */
const mostGain = 3;
/** Share of the budget that measuring one candidate may take. */
const mostShare = 0.04;
/** Steps of a measurement, about. */
const measuredSteps = 4;

export interface Timing<Recipe extends TrainingRecipe> {
  /** The budget, in seconds. */
  readonly seconds: number;
  /** Images to learn from. */
  readonly images: number;
  /** The arithmetic of a step, in any unit. */
  readonly work: (recipe: Recipe) => number;
  /** Measures images a second. */
  readonly measure: (recipe: Recipe, seconds: number) => Promise<number>;
}

/**
 * Measures candidates from the last one on. One that cannot be worth it, by the arithmetic of its
 * neighbour, or that would take too long to measure, is judged by that arithmetic alone. All of
 * several processes decide alike, as their speeds are common.
 */
export async function timeCandidates<Recipe extends TrainingRecipe>(
  candidates: readonly Candidate<Recipe>[],
  { seconds, images, work, measure }: Timing<Recipe>,
): Promise<TimedCandidate<Recipe>[]> {
  const timed: TimedCandidate<Recipe>[] = [];
  let known: { readonly rate: number; readonly work: number } | undefined;
  for (const candidate of candidates.toReversed()) {
    const { recipe, leastEpochs, leastSteps, unfit } = candidate;
    if (unfit !== undefined) {
      timed.push({ ...candidate, imagesPerSecond: null, isMeasured: false });
      continue;
    }
    const guess = known && (known.rate * known.work) / work(recipe);
    const most = guess === undefined ? 0 : mostGain * guess * seconds;
    const hopes = most / images >= leastEpochs && most / imagesPerStep(recipe) >= leastSteps;
    const costs = guess === undefined ? 0 : (measuredSteps * recipe.batchSize) / guess;
    if (guess !== undefined && (!hopes || costs > mostShare * seconds)) {
      timed.push({ ...candidate, imagesPerSecond: guess, isMeasured: false });
      continue;
    }
    const rate = await measure(recipe, Math.min(5, 0.01 * seconds));
    known = { rate, work: work(recipe) };
    timed.push({ ...candidate, imagesPerSecond: rate, isMeasured: true });
  }
  return timed.toReversed();
}

function imagesPerStep({ batchSize, accumulation }: TrainingRecipe): number {
  return batchSize * accumulation;
}
