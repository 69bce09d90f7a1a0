/** The beginning of a run, whatever it trains: its directory, and where it goes on. */
import { scope } from '@um-mae/torch';
import type { Plan } from '../recipes/plan.js';
import { formatRecipe } from '../recipes/recipe-file.js';
import { Progress } from './progress.js';
import { openCheckpoints, readLastCheckpoint } from './run-files/checkpoint.js';
import { checkSameImages } from './run-files/resume.js';
import {
  openRunDirectory,
  type RunDirectory,
  type RunMode,
  replaceText,
} from './run-files/run-directory.js';
import type { ImageSet } from './run-files/training-state.js';
import { RunLog } from './run-log.js';
import type { Trainer } from './trainer.js';

/** What a run is given beside its recipe. */
export interface RunOptions {
  /** The run directory. */
  readonly directory: string;
  readonly mode: RunMode;
  /** `cpu`, `cuda`, `cuda:1` or `mps`. */
  readonly device: string;
  /** Threads that decode images; any number gives the same weights. */
  readonly workers: number;
  /** What `environment.json` records: versions, machine, command line. */
  readonly environment: object;
  /** Memory of the process, now. */
  readonly residentBytes: () => number;
  /** Ends the run after the step under way, with a checkpoint. */
  readonly signal: AbortSignal;
}

export interface OpenedRun {
  readonly directory: RunDirectory;
  readonly progress: Progress;
  readonly log: RunLog;
}

/**
 * Makes the directory ready, lets the trainer go on from the last checkpoint, and writes recipe and environment.
 *
 * @throws CheckpointError when the directory is not free, or its run is one on other images
 */
export async function openRun(
  options: Pick<RunOptions, 'directory' | 'mode' | 'environment'>,
  parts: { readonly plan: Plan; readonly trainer: Trainer; readonly images: ImageSet },
): Promise<OpenedRun> {
  const { plan, trainer, images } = parts;
  const directory = await openRunDirectory(options.directory, options.mode);
  openCheckpoints(directory.checkpoints);
  const earlier = scope(() => {
    const checkpoint = readLastCheckpoint(directory.checkpoints);
    if (!checkpoint) return undefined;
    checkSameImages(checkpoint.state.images, images);
    trainer.load(checkpoint);
    return checkpoint.state;
  });
  const remarks = [
    `${images.count} images, ${plan.stepsPerEpoch} steps an epoch, ${plan.steps} steps in all`,
    `Highest learning rate ${plan.peakLearningRate}, after step ${plan.warmupSteps}`,
  ];
  replaceText(directory.recipe, formatRecipe(plan.recipe, remarks));
  replaceText(directory.environment, `${JSON.stringify(options.environment, null, 2)}\n`);
  const progress = new Progress(plan, images, earlier);
  return { directory, progress, log: await RunLog.open(directory, progress.step) };
}
