/** Checks that a run can be resumed with the given recipe and images. */
import { CheckpointError } from '../../errors.js';
import { kindOf } from '../../recipes/kind.js';
import { readRecipeFile } from '../../recipes/recipe-file.js';
import type { RecipeKind } from '../../recipes/recipe-kind.js';
import { type RecipeDifference, recipeDifferences } from '../../recipes/values/differences.js';
import type { ImageSet } from './checkpoints/training-state.js';
import type { RunMode } from './open-run-directory.js';
import { RunDirectory } from './run-directory.js';

/**
 * Values that may be others when a run is resumed, as none of them decides a weight. Device,
 * threads and workers are not in the recipe at all; `duration` is missing here because it bends the
 * learning rate.
 */
const changeable: readonly string[] = [
  // The images themselves are compared, wherever they are; how many may be unreadable decides when
  // to stop.
  'data.',
  // Decide when to save, and what to look at and to write down.
  'checkpoints.every',
  'checkpoints.keepEpochs',
  'logEvery',
  'watch.',
  'evaluateEvery',
];

/** Values of the schedule, which a run that is extended may have anew. */
const extensible: readonly string[] = [
  'duration',
  'warmup',
  'learningRate',
  'minimumLearningRate',
  'schedule',
];

/** Values among those that decide what the network learns. */
const decisive: readonly string[] = ['data.classes', 'data.ignore', 'data.exif'];

/**
 * The recipe of the run in a folder.
 *
 * @param path the run directory
 * @throws CheckpointError when there is no run, or one of another command
 */
export async function recordedRecipe<Recipe>(
  path: string,
  { command, parse }: Pick<RecipeKind<Recipe>, 'command' | 'parse'>,
): Promise<Recipe> {
  const directory = new RunDirectory(path);
  if (!directory.exists) {
    throw new CheckpointError(
      `Expected a run to resume in ${path} but got no recipe.yaml there.\nLeave out --resume to begin one.`,
    );
  }
  const recorded = await readRecipeFile(directory.recipe);
  const { command: other } = kindOf(recorded);
  if (other === command) return parse(recorded);
  throw new CheckpointError(
    `Expected a run of um-mae ${command} to resume in ${path} but got one of um-mae ${other}.\nChoose another --out.`,
  );
}

/**
 * Lists the values in which recipes differ, without those that a run may change on its way.
 *
 * @param free the values that it may change
 */
export function decisiveDifferences(
  recorded: object,
  recipe: object,
  free: readonly string[] = changeable,
): RecipeDifference[] {
  return recipeDifferences(recorded, recipe).filter(
    ({ path }) =>
      decisive.some((start) => path.startsWith(start)) ||
      !free.some((start) => path.startsWith(start)),
  );
}

/** The recipe of a run, and the one that it is to go on with. */
export interface RecipeChange {
  readonly recorded: object;
  readonly recipe: object;
  readonly mode: RunMode;
}

/**
 * @throws CheckpointError naming the first value in which `recipe` differs from that of the run in
 *   `path`
 */
export function checkSameRecipe(path: string, { recorded, recipe, mode }: RecipeChange): void {
  const free = mode === 'extend' ? [...changeable, ...extensible] : changeable;
  const [difference] = decisiveDifferences(recorded, recipe, free);
  if (!difference) return;
  const [was, is] = [difference.left, difference.right].map(
    (value) => JSON.stringify(value) ?? 'none',
  );
  const isLonger = difference.path.startsWith('duration');
  throw new CheckpointError(
    `Expected \`${difference.path}\` ${was}, as in the run in ${path}, but got ${is}.\n` +
      (isLonger
        ? 'Resume without it; --extend trains a finished run longer.'
        : 'Resume with the settings that the run began with, or choose another --out.'),
  );
}

/**
 * @throws CheckpointError unless the images have the names and labels of those that the run began
 *   with
 */
export function checkSameImages(recorded: ImageSet, found: ImageSet): void {
  if (recorded.digest === found.digest) return;
  const got = found.count === recorded.count ? 'others' : `${found.count}`;
  throw new CheckpointError(
    `Expected the ${recorded.count} images that the run began with, by their names and labels, but got ${got}.\n` +
      'Restore the data folder, or begin another run.',
  );
}
