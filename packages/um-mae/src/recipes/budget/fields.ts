/**
 * The recipe fields of a run that was given a time: the time, and the lengths that it was planned
 * with, one after the other, so that it ended then.
 */
import { z } from 'zod';

export const budget = z
  .strictObject({ seconds: z.number().positive() })
  .optional()
  .describe('the time that the run was given, written by --budget');

const revision = z.strictObject({
  step: z.int().min(0).describe('optimizer steps done when the length was changed'),
  steps: z.int().positive().describe('the length until then'),
});

export const revisions = z
  .array(revision)
  .readonly()
  .optional()
  .describe('lengths that the run was planned with before, written by --budget');

export type Revision = z.output<typeof revision>;

/** The steps that a run has, and those that it was to have before. */
interface RevisedLength {
  readonly steps: number;
  readonly revisions?: readonly Revision[] | undefined;
}

/**
 * The revisions of a run whose length changes after a step. What was planned after that step, by a
 * process that did not get to save it, is forgotten.
 */
export function revisedAt({ steps, revisions = [] }: RevisedLength, step: number): Revision[] {
  const later = revisions.find((revision) => revision.step >= step);
  const earlier = revisions.filter((revision) => revision.step < step);
  return [...earlier, { step, steps: later?.steps ?? steps }];
}

/**
 * The share of its schedule that a run has done after so many steps. Between two revisions it grows
 * evenly, from where it was towards the end as it was planned then: the schedule has no leap, and is
 * complete at the end.
 */
export function shareOfSchedule({ steps, revisions = [] }: RevisedLength, step: number): number {
  let [from, share] = [0, 0];
  for (const revision of revisions) {
    const until = Math.min(step, revision.step);
    share += ((1 - share) * (until - from)) / (revision.steps - from);
    if (step <= revision.step) return share;
    from = revision.step;
  }
  return share + ((1 - share) * (step - from)) / (steps - from);
}

/** The fields of a recipe that say how its run was kept in time. */
interface TimedRecipe {
  readonly budget?: { readonly seconds: number } | undefined;
  readonly revisions?: readonly Revision[] | undefined;
}

/**
 * A recipe that takes as many steps as it says, whatever the time.
 *
 * @param keeps whether the revisions of its length stay: then a run repeats another one
 */
export function withoutBudget<Recipe extends TimedRecipe>(
  recipe: Recipe,
  { keeps }: { readonly keeps: boolean },
): Recipe {
  const { budget, revisions } = recipe;
  if (!budget && (!revisions || keeps)) return recipe;
  return { ...recipe, budget: undefined, revisions: keeps ? revisions : undefined };
}
