/** The recipes of fine-tuning that a budget of time decides between, around what the user has set. */

import { composeFinetuneRecipe, type FinetuneRequest } from '../finetune/compose-finetune.js';
import { type AnyLabelledRecipe, usualTask } from '../kind.js';
import { isAssigned } from '../values/assignments.js';
import { batchValue } from './batch-value.js';
import type { Candidates, ChosenValue } from './choose.js';
import { evaluationRule, finetuneRules } from './rules.js';

/**
 * A recipe that was named is the only one, and so is the usual one of a task that does not classify.
 *
 * @param images to learn from
 */
export async function finetuneCandidates(
  request: FinetuneRequest,
  images: number,
): Promise<Candidates<AnyLabelledRecipe>> {
  const { recipe, task = usualTask, assignments } = request;
  const isOpen = recipe === undefined && task === usualTask;
  const values = [batchValue(images)].filter(
    ({ path }) => isOpen && !isAssigned(assignments, path),
  );
  const rules = isOpen
    ? finetuneRules
    : [{ recipe, leastEpochs: 1, leastSteps: 1, because: 'as it was asked for' }];
  const candidates = rules.map(async (rule) => ({
    ...rule,
    name: typeof rule.recipe === 'string' ? rule.recipe : 'the recipe of the task',
    recipe: await composeFinetuneRecipe({
      ...request,
      recipe: rule.recipe,
      assignments: [...values, ...assignments],
    }),
  }));
  return { candidates: await Promise.all(candidates), values };
}

/** The epochs between two evaluations, so that all but the last take a tenth of the time at most. */
export function evaluationValue(run: {
  readonly epochs: number;
  readonly seconds: number;
  /** The time of one evaluation. */
  readonly lookSeconds: number;
}): ChosenValue {
  const { share, because } = evaluationRule;
  const epochs = Math.max(1, Math.ceil((run.epochs * run.lookSeconds) / (share * run.seconds)));
  return { path: 'evaluateEvery', value: { epochs }, because };
}
