/** Checks a budget of time against what else a user says about the length of a run. */
import { DataError, RecipeError } from '../../errors.js';
import type { Assignment } from '../values/assignments.js';
import { fewestImages } from './rules.js';
import { timeText } from './time-text.js';

/** A request for a run, with the time that it is given. */
export interface BudgetRequest {
  /** Seconds; undefined where the length of the run is said otherwise. */
  readonly budget: number | undefined;
  readonly isExtended: boolean;
  readonly assignments: readonly Assignment[];
  /** The recipe of the run that is resumed. */
  readonly recorded: { readonly budget?: { readonly seconds: number } | undefined } | undefined;
}

/** @throws RecipeError when the length is said twice, or is not that of the run that is resumed */
export function checkBudget({ budget, isExtended, assignments, recorded }: BudgetRequest): void {
  const written = assignments.find(({ path }) => /^(budget|revisions)(\.|$)/.test(path));
  if (written) throw refuse(written.path, `Expected --budget but got \`${written.path}\`.`);
  if (budget === undefined) return;
  if (!(budget > 0)) throw refuse('budget', `Expected seconds above 0 but got ${budget}.`);
  if (isExtended) {
    throw refuse('duration', 'Expected --epochs for a run that is extended but got --budget.');
  }
  const length = assignments.find(({ path }) => /^duration(\.|$)/.test(path));
  if (length) {
    throw refuse(
      'duration',
      'Expected either --budget or a length, such as --epochs, --steps or `duration`, but got both.',
    );
  }
  if (!recorded || recorded.budget?.seconds === budget) return;
  const had = recorded.budget ? `--budget ${timeText(recorded.budget.seconds)}` : 'no --budget';
  throw refuse(
    'budget',
    `Expected ${had}, as the run was begun with, but got --budget ${timeText(budget)}.`,
  );
}

/** @throws DataError when there are too few images for a budget to be of use */
export function checkImageCount(images: number): void {
  if (images >= fewestImages) return;
  throw new DataError(
    `Expected at least ${fewestImages} images for --budget but got ${images}.\nAdd images, or give a length by --epochs.`,
  );
}

function refuse(path: string, message: string): RecipeError {
  return new RecipeError([{ path, message }]);
}
