/** The outcome of one run of a sweep, as its run directory tells it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyRecipe, kindOf } from '../recipes/kind.js';
import { parseRecipe } from '../recipes/recipe-file.js';
import type { RecipeKind } from '../recipes/recipe-kind.js';
import { resolve } from '../recipes/schedule/plan.js';
import { assign } from '../recipes/values/assignments.js';
import { betterOf } from '../training/recording/run-log.js';
import { parseTrainingState } from '../training/run-files/checkpoints/training-state.js';
import type { MetricsLine, ScoresLine } from '../training/run-files/metrics/metrics-line.js';
import { decisiveDifferences } from '../training/run-files/resume.js';
import { RunDirectory } from '../training/run-files/run-directory.js';
import type { CheckedSetting } from './plan-sweep.js';

/** Scores by their names; of pre-training, `loss` among them. */
export type Scores = Readonly<Record<string, number>>;

/** The state of a run, and the scores that it has so far. */
export interface RunOutcome {
  readonly isFinished: boolean;
  readonly scores: Scores;
}

/**
 * Reads what has become of a run. One that was made with other values is not finished: going on with
 * it says so.
 *
 * @throws RecipeError or CheckpointError when the files of the run are damaged
 */
export function outcomeOf(
  path: string,
  { assignments, recipe: wanted }: CheckedSetting,
): RunOutcome {
  const run = new RunDirectory(path);
  if (!run.exists) return { isFinished: false, scores: {} };
  const written = parseRecipe(readFileSync(run.recipe, 'utf8'), run.recipe);
  const kind = kindOf(written);
  const recipe = kind.parse(written);
  const meant = wanted ?? kind.parse(assign(recipe, assignments));
  // A run has recorded where its paths begin.
  const differences = decisiveDifferences(recipe, kind.withAbsolutePaths(meant));
  const isFinished = differences.length === 0 && hasEnded(run, recipe);
  return { isFinished, scores: scoresOf(run, kind) };
}

/** Whether all steps are done, and what follows the last epoch. */
function hasEnded(run: RunDirectory, recipe: AnyRecipe): boolean {
  const path = join(run.checkpoints, 'last/state.json');
  if (!existsSync(path)) return false;
  const { step, isLookDue, images } = parseTrainingState(readFileSync(path, 'utf8'), path);
  return !isLookDue && step >= resolve(recipe, { images: images.count }).steps;
}

/** The scores of the best evaluation, else of the last look at the features; and the last loss. */
function scoresOf(
  { metrics }: RunDirectory,
  { scores, primaryScore }: RecipeKind<AnyRecipe>,
): Scores {
  const lines = existsSync(metrics) ? linesOf(readFileSync(metrics, 'utf8')) : [];
  const best = lines.reduce<ScoresLine | null>(
    (found, line) => betterOf(found, line, primaryScore),
    null,
  );
  const scored = best ?? lines.findLast((line) => line.kind === 'watch') ?? {};
  const found = scores.flatMap(({ name, format }) => {
    const value: unknown = Reflect.get(scored, name);
    return typeof value === 'number' && format !== 'count' ? [[name, value] as const] : [];
  });
  const epoch = lines.findLast((line) => line.kind === 'epoch');
  const loss = epoch?.kind === 'epoch' ? epoch.loss : null;
  return { ...(!best && loss !== null && { loss }), ...Object.fromEntries(found) };
}

/** A run that was killed may have left half a line at the end. */
function linesOf(text: string): MetricsLine[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.flatMap((line, i): MetricsLine[] => {
    try {
      return [JSON.parse(line)];
    } catch (error) {
      if (i === lines.length - 1) return [];
      throw error;
    }
  });
}
