/** Values of a recipe that are given one by one, beside a model or a named recipe. */
import type { Assignment } from './assignments.js';

/** Short names for what is set most often, and a way to set anything. */
export interface CommonValues {
  /** Length of the run in passes over the images. */
  readonly epochs?: number | undefined;
  /** Length of the run in optimizer steps. */
  readonly steps?: number | undefined;
  /**
   * Any value by its dotted path, as `--set` takes them: `{ 'optimizer.weightDecay': 0.1 }`. They
   * come last.
   */
  readonly set?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * @param values of the recipe by their keys, beside the common ones; what is undefined is not set
 */
export function assignmentsOf({
  epochs,
  steps,
  set,
  ...values
}: CommonValues & Readonly<Record<string, unknown>>): Assignment[] {
  const all = { ...values, 'duration.epochs': epochs, 'duration.steps': steps };
  return [...Object.entries(all), ...Object.entries(set ?? {})].flatMap(([path, value]) =>
    value === undefined ? [] : [{ path, value }],
  );
}
