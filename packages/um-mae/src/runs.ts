/**
 * `um-mae/runs`: reading run directories. Loads no libtorch.
 *
 * @module um-mae/runs
 */

export { parseJson, replaceFile } from '@um-mae/torch/files';
export { backbonePresets, shapeOf } from './backbones/families.js';
export { CheckpointError, RecipeError, UmMaeError } from './errors.js';
export { type ShareInterval, shareInterval } from './features/probe/share-interval.js';
export { describeFailure, withFileErrors } from './files/file-errors.js';
export { enlargement, type SheetGrid, sheetGrid } from './pictures/sheet-grid.js';
export { type AnyRecipe, classesOf, kindOf, recipeKinds } from './recipes/kind.js';
export type { PretrainRecipe } from './recipes/pretrain/pretrain-recipe.js';
export { parseRecipe } from './recipes/recipe-file.js';
export type { ScoreDescription } from './recipes/recipe-kind.js';
export { inSteps, type Pace } from './recipes/schedule/duration.js';
export { type RecipeDifference, recipeDifferences } from './recipes/values/differences.js';
export { type Leaf, leavesOf } from './recipes/values/leaves.js';
export { type ClassScore, scoresByClass } from './tasks/classification/evaluation/class-scores.js';
export { type KeptResults, keepsResults, parseResults } from './tasks/results.js';
export { parseFailure, type RunFailure } from './training/run-files/failure.js';
export { findRuns, isRun } from './training/run-files/find-runs.js';
export {
  type MetricsEnd,
  plannedSteps,
  readEnd,
} from './training/run-files/metrics/metrics-end.js';
export type {
  Metrics,
  MetricsLine,
  ProcessPaces,
  ScoresLine,
  SkippedLine,
} from './training/run-files/metrics/metrics-line.js';
export { numberOf, parseLine } from './training/run-files/metrics/read-line.js';
export { processesOf } from './training/run-files/metrics/read-processes.js';
export { type ProbeRecord, parseProbe } from './training/run-files/probe-record.js';
export { RunDirectory, runLayout } from './training/run-files/run-directory.js';
export { heldLocks, lockName } from './training/run-files/run-lock.js';
export { isSavedBy, stateOf } from './training/run-files/run-state.js';
