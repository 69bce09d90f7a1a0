/** Fine-tuning: a recipe, labelled images, initial weights; a run directory out. */
import { type AnyLabelledRecipe, finetuning } from '../../recipes/kind.js';
import { type Plan, resolve } from '../../recipes/plan.js';
import { type OpenedRun, openRun, type RunOptions } from '../../training/open-run.js';
import { recordEvaluation } from '../../training/recording/record-evaluation.js';
import { Run } from '../../training/run.js';
import { hasCheckpoint } from '../../training/run-files/checkpoint.js';
import type { Metrics } from '../../training/run-files/metrics-line.js';
import { checkSameRecipe, recordedRecipe } from '../../training/run-files/resume.js';
import type { TrainedModel } from '../../training/task.js';
import { Trainer } from '../../training/trainer.js';
import { openWeights, type Weights } from '../../weights/open-weights.js';
import type { LabelledData, LabelledTask, StartedTask } from '../labelled-task.js';
import { labelledTaskOf } from '../labelled-tasks.js';
import type { FinetuneEvent } from './events.js';

/** Options of `finetuneEvents`. */
export interface FinetuneRun extends RunOptions {
  readonly recipe: AnyLabelledRecipe;
  /**
   * The weights of `recipe.from`, if they are open already. They are freed once the network has
   * them.
   */
  readonly weights?: Weights | undefined;
}

type Events = AsyncGenerator<FinetuneEvent, void, undefined>;

/**
 * Trains and evaluates, and yields an event for whatever happens. The final weights depend only on
 * recipe, images, device and threads: a run that was stopped and resumed ends with the same ones.
 *
 * @throws UmMaeError or TorchError, of one sentence, when the run cannot begin or go on
 */
export async function* finetuneEvents(options: FinetuneRun): Events {
  const labelled = labelledTaskOf(options.recipe);
  const opened = await begin(labelled, options);
  const { device, workers, signal } = options;
  const { recipe, evaluated } = opened.data;
  const run = new Run<FinetuneEvent>({
    ...options,
    ...opened,
    command: finetuning.command,
    loader: labelled.load(opened.data, workers),
    async *afterEpoch(metrics: Metrics): Events {
      yield { kind: 'epoch', metrics };
      const { epoch, isFinished } = opened.progress;
      const isDue = epoch % epochsBetween(recipe, opened.plan) === 0 || isFinished;
      if (isDue) yield* recordEvaluation({ ...opened, evaluated, device, workers, signal });
    },
  });
  try {
    yield startOf(opened);
    yield* run.events();
  } finally {
    await run.close();
  }
}

/** A fine-tuning run with its files open. */
interface OpenedFinetuning extends OpenedRun {
  readonly data: LabelledData<AnyLabelledRecipe, unknown>;
  readonly plan: Plan;
  readonly task: StartedTask<TrainedModel, unknown>;
  readonly trainer: Trainer;
}

/** Epochs between two evaluations. */
function epochsBetween(
  { evaluateEvery }: AnyLabelledRecipe,
  { steps, stepsPerEpoch }: Plan,
): number {
  if ('epochs' in evaluateEvery) return evaluateEvery.epochs;
  return Math.max(1, Math.round((evaluateEvery.share * steps) / stepsPerEpoch));
}

/** Opens a run. All checks come before the directory is touched. */
async function begin(labelled: LabelledTask, options: FinetuneRun): Promise<OpenedFinetuning> {
  const { mode, device, directory } = options;
  const data = await labelled.open(labelled.kind.withAbsolutePaths(options.recipe));
  const { recipe, digest, train } = data;
  if (mode === 'resume') {
    checkSameRecipe(directory, await recordedRecipe(directory, finetuning), recipe);
  }
  const { count } = train.images;
  const plan = resolve(recipe, { images: count });
  // A checkpoint holds all weights, so the initial ones are not needed and may be gone.
  const isResumed = mode === 'resume' && hasCheckpoint(directory);
  using start =
    recipe.from === null || isResumed
      ? undefined
      : (options.weights ??
        openWeights(recipe.from, undefined, {
          entry: recipe.entry ?? undefined,
          verify: options.verify,
        }));
  const task = labelled.begin(recipe, start);
  const trainer = new Trainer(task, device);
  const opened = await openRun(options, { plan, trainer, images: { count, digest } });
  return { ...opened, data, plan, task, trainer };
}

function startOf({
  directory,
  plan,
  data,
  task,
  trainer,
  progress,
}: OpenedFinetuning): FinetuneEvent {
  return {
    kind: 'started',
    directory: directory.path,
    plan,
    images: data.train.images.count,
    ignored: data.ignored,
    remarks: data.remarks ?? [],
    parameters: trainer.size,
    precision: trainer.precision,
    step: progress.step,
    classes: data.classes,
    findings: data.findings ?? [],
    fit: task.start ?? null,
  };
}
