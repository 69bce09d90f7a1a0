/** `um-mae/runs`: reading run directories. Loads no libtorch. */
export { CheckpointError, RecipeError, UmMaeError } from '../../errors.js';
export { describeFailure, describeRejection } from '../../file-errors.js';
export { type RecipeDifference, recipeDifferences } from '../../recipes/differences.js';
export { type Duration, inSteps, type Pace } from '../../recipes/duration.js';
export { kindOf, type RecipeName } from '../../recipes/kind.js';
export { parseRecipe } from '../../recipes/recipe-file.js';
export type { EvaluationLine, Metrics, MetricsLine, SkippedLine, WatchLine } from '../events.js';
export { RunDirectory } from './run-directory.js';
