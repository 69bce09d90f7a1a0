/** The beginning of a run, whatever it trains: its directory, and where it goes on. */
import { scope } from '@um-mae/torch';
import { changedSince, sampleOf } from '../data/sources/image-sample.js';
import type { ImageSet as TrainingSet } from '../data/sources/image-set.js';
import { resizedSince, sizesOf } from '../data/sources/image-sizes.js';
import type { Remark } from '../data/sources/remarks.js';
import { kindOf } from '../recipes/kind.js';
import type { Plan } from '../recipes/schedule/plan.js';
import { Progress } from './recording/progress.js';
import { RunLog } from './recording/run-log.js';
import { openCheckpoints, readLastCheckpoint } from './run-files/checkpoints/checkpoint.js';
import type { ImageSet } from './run-files/checkpoints/training-state.js';
import { checkFinished } from './run-files/extend.js';
import { forgetFailure } from './run-files/failure.js';
import { openRunDirectory, type RunMode } from './run-files/open-run-directory.js';
import { replaceText } from './run-files/replace-text.js';
import { checkSameImages } from './run-files/resume.js';
import { type RunDirectory, runLayout } from './run-files/run-directory.js';
import { RunLock } from './run-files/run-lock.js';
import { writeRecipe } from './run-files/write-recipe.js';
import type { Trainer } from './steps/trainer.js';
import type { Team } from './team/team.js';
import { receiveState, sendState } from './team/team-state.js';

/** Options of a run beside its recipe. */
export interface RunOptions {
  /** The run directory. */
  readonly directory: string;
  readonly mode: RunMode;
  /** `cpu`, `cuda`, `cuda:1` or `mps`. */
  readonly device: string;
  /** Threads that decode images; any number gives the same weights. */
  readonly workers: number;
  /** The contents of `environment.json`: versions, machine, command line. */
  readonly environment: object;
  /** Memory of the process, now. */
  readonly residentBytes: () => number;
  /** Ends the run after the step under way, with a checkpoint, or before what follows an epoch. */
  readonly signal: AbortSignal;
  /** Called when the process may end without a loss, and when it may no longer. */
  readonly onRest?: ((atRest: boolean) => void) | undefined;
  /**
   * Called during evaluations and looks at the features, with the number of images that have been
   * computed, and of all.
   */
  readonly onLook?: ((done: number, total: number) => void) | undefined;
  /** Whether weights are compared with their checksums before they are used; default true. */
  readonly verify?: boolean | undefined;
  /**
   * The processes that train together. The first one writes, and has all events; the others have
   * the last one. Default: this one alone.
   */
  readonly team?: Team | undefined;
  /** Notes on how the run begins. */
  readonly remarks?: readonly Remark[] | undefined;
  /**
   * The time by `performance.now()` from which on a run with a budget counts its time. Default: when
   * its directory is open.
   */
  readonly startMs?: number | undefined;
}

export interface OpenedRun {
  readonly directory: RunDirectory;
  readonly progress: Progress;
  readonly log: RunLog;
  /** Released by the run when it ends. */
  readonly lock: RunLock;
  /** Notes on images that are others than when the run was last at work. */
  readonly remarks: readonly Remark[];
}

/** The options of a process that is alone, or leads. */
type OpeningOptions = Pick<
  RunOptions,
  'directory' | 'mode' | 'environment' | 'verify' | 'team' | 'startMs'
>;

/** The parts of a run that exist before its directory does. */
export interface RunBasis {
  readonly plan: Plan;
  readonly trainer: Trainer;
  readonly images: ImageSet;
}

interface OpeningParts extends RunBasis {
  /** The images that are trained on. */
  readonly set: TrainingSet;
}

/**
 * Takes the directory, makes it ready, lets the trainer go on from the last checkpoint, and writes
 * recipe and environment.
 *
 * @throws CheckpointError when the directory is not free, another process has it, or its run is one
 *   on other images
 */
export async function openRun(options: OpeningOptions, parts: OpeningParts): Promise<OpenedRun> {
  const lock = await RunLock.take(options.directory);
  try {
    return { ...(await prepare(options, parts)), lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The beginning of a run that another process leads: nothing is written. */
export async function followRun(
  team: Team,
  { plan, trainer, images }: RunBasis,
): Promise<Progress> {
  return new Progress(plan, images, await receiveState(team, trainer));
}

async function prepare(
  options: OpeningOptions,
  { plan, trainer, set, ...basis }: OpeningParts,
): Promise<Omit<OpenedRun, 'lock'>> {
  const images = { ...basis.images, sample: sampleOf(set), sizes: sizesOf(set) };
  const directory = await openRunDirectory(options.directory, options.mode);
  openCheckpoints(directory.checkpoints);
  const earlier = scope(() => {
    const checkpoint = readLastCheckpoint(directory.checkpoints, options.verify);
    if (!checkpoint) {
      if (options.mode === 'extend') checkFinished(directory.path, plan, 0);
      return undefined;
    }
    checkSameImages(checkpoint.state.images, images);
    if (options.mode === 'extend') checkFinished(directory.path, plan, checkpoint.state.step);
    trainer.load(checkpoint);
    return checkpoint.state;
  });
  if (options.team) await sendState(options.team, trainer, earlier);
  forgetFailure(directory);
  writeRecipe(directory, plan, images.count);
  const environment = { layout: runLayout, ...options.environment };
  replaceText(directory.environment, `${JSON.stringify(environment, null, 2)}\n`);
  const startMs = plan.recipe.budget && options.startMs;
  const progress = new Progress(plan, images, earlier, startMs);
  const { primaryScore } = kindOf(plan.recipe);
  const log = await RunLog.open(directory, progress, primaryScore);
  await log.startSession(progress.step, plan.recipe);
  return { directory, progress, log, remarks: earlier ? changes(earlier.images, images, set) : [] };
}

/** Sums of the files of a set. */
interface Contents {
  readonly sample: string;
  readonly sizes: string;
}

/** The images that are others than before under the same names, in the sample or by their sizes. */
function changes(before: ImageSet, now: Contents, set: TrainingSet): Remark[] {
  const sampled = before.sample === undefined ? [] : changedSince(before.sample, now.sample, set);
  if (sampled.length > 0 || before.sizes === undefined) return sampled;
  return resizedSince(before.sizes, now.sizes, set);
}
