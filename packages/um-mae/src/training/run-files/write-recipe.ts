/** Writes the recipe of a run into its directory, with what it comes to as remarks. */

import { formatRecipe } from '../../recipes/recipe-file.js';
import type { Plan, Stretch } from '../../recipes/schedule/plan.js';
import { replaceText } from './replace-text.js';
import type { RunDirectory } from './run-directory.js';

/** Replaces the recipe in the directory of a run, in one move. @param images of the set */
export function writeRecipe(directory: RunDirectory, plan: Plan, images: number): void {
  const { stepsPerEpoch, steps, stretches } = plan;
  const remarks = [
    `${images} images, ${stepsPerEpoch} steps an epoch, ${steps} steps in all`,
    ...stretches.map(
      (stretch) => `Highest learning rate ${stretch.peakLearningRate}${placeOfPeak(stretch)}`,
    ),
  ];
  replaceText(directory.recipe, formatRecipe(plan.recipe, remarks));
}

/** The end of the warm-up, which moves where the length of a run does. */
function placeOfPeak({ start, warmupSteps, revisions }: Stretch): string {
  return revisions.length === 0 ? `, after step ${start.step + warmupSteps}` : '';
}
