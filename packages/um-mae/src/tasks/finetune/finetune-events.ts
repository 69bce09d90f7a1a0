/** Fine-tuning: a recipe, labelled images, initial weights; a run directory out. */
import type { Remark } from '../../data/sources/remarks.js';
import { type AnyLabelledRecipe, finetuning } from '../../recipes/kind.js';
import type { Plan } from '../../recipes/schedule/plan.js';
import { pacerOf } from '../../training/budget/pacer.js';
import {
  followRun,
  type OpenedRun,
  openRun,
  type RunBasis,
  type RunOptions,
} from '../../training/open-run.js';
import type { Progress } from '../../training/recording/progress.js';
import { evaluateTrained, recordEvaluation } from '../../training/recording/record-evaluation.js';
import { Run } from '../../training/run.js';
import { hasCheckpoint } from '../../training/run-files/checkpoints/checkpoint.js';
import { planOf } from '../../training/run-files/extend.js';
import type { Metrics } from '../../training/run-files/metrics/metrics-line.js';
import { goesOn } from '../../training/run-files/open-run-directory.js';
import { checkSameRecipe, recordedRecipe } from '../../training/run-files/resume.js';
import { notesOnWork } from '../../training/run-files/run-at-work.js';
import { Trainer } from '../../training/steps/trainer.js';
import type { TrainedModel } from '../../training/task.js';
import { agree } from '../../training/team/agreement.js';
import { followEvents } from '../../training/team/follow.js';
import { agreeOnRun } from '../../training/team/same-run.js';
import { initialWeights } from '../../weights/initial/initial-weights.js';
import type { Weights } from '../../weights/open-weights.js';
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
  /** The seconds of an evaluation, if it has been timed. */
  readonly lookSeconds?: number | undefined;
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
  const basis = await prepare(labelled, options);
  const { device, workers, signal, team } = options;
  const { recipe, evaluated } = basis.data;
  const { command } = finetuning;
  const loader = () => labelled.load(basis.data, { workers, share: team?.share });
  const evaluating = { evaluated, device, workers, signal, team };
  const looksEvery = epochsBetween(recipe, basis.plan);
  const isDue = ({ epoch, isFinished }: Progress) => epoch % looksEvery === 0 || isFinished;
  const { lookSeconds } = options;
  if (team && !team.leads) {
    const progress = await followRun(team, basis);
    const pacer = pacerOf(recipe, { looksEvery, lookSeconds });
    const following = { ...options, ...basis, command, progress, loader: loader(), pacer };
    return yield* followEvents({
      ...following,
      async afterEpoch() {
        if (isDue(progress)) await evaluateTrained({ ...basis, ...evaluating, progress });
      },
    });
  }
  const opened = {
    ...basis,
    notes: options.remarks ?? [],
    ...(await openRun(options, { ...basis, set: basis.data.train.images })),
  };
  const run = new Run<FinetuneEvent>({
    ...options,
    ...opened,
    pacer: pacerOf(recipe, {
      looksEvery,
      lookSeconds: opened.log.best?.seconds ?? lookSeconds,
    }),
    command,
    loader: loader(),
    async *afterEpoch(metrics: Metrics): Events {
      yield { kind: 'epoch', metrics };
      if (isDue(opened.progress))
        yield* recordEvaluation({ ...opened, ...evaluating, onProgress: options.onLook });
    },
  });
  try {
    yield await startOf(opened);
    yield* run.events();
  } finally {
    await run.close();
  }
}

/** A fine-tuning run before its directory is touched. */
interface FinetuneBasis extends RunBasis {
  readonly data: LabelledData<AnyLabelledRecipe, unknown>;
  readonly task: StartedTask<TrainedModel, unknown>;
}

/** Epochs between two evaluations. */
function epochsBetween(
  { evaluateEvery }: AnyLabelledRecipe,
  { steps, stepsPerEpoch }: Plan,
): number {
  if ('epochs' in evaluateEvery) return evaluateEvery.epochs;
  return Math.max(1, Math.round((evaluateEvery.share * steps) / stepsPerEpoch));
}

/** Opens the images and builds the network. All checks come before the directory is touched. */
async function prepare(labelled: LabelledTask, options: FinetuneRun): Promise<FinetuneBasis> {
  const { mode, device, directory, team } = options;
  const data = await labelled.open(labelled.kind.withAbsolutePaths(options.recipe));
  const { recipe, digest, train } = data;
  const recorded = goesOn(mode) ? await recordedRecipe(directory, finetuning) : undefined;
  if (recorded) checkSameRecipe(directory, { recorded, recipe, mode });
  const { count } = train.images;
  const images = { count, digest };
  const plan = planOf({ recorded, recipe, mode }, { images: count });
  if (team) {
    await agree(team, { recipe, images });
    await agreeOnRun(team, options);
  }
  await team?.agreeOnImages(data.evaluated.images);
  // A checkpoint holds all weights, so the initial ones are not needed and may be gone.
  const isResumed = goesOn(mode) && hasCheckpoint(directory);
  using start = isResumed ? undefined : initialWeights(recipe, options);
  const task = labelled.begin(recipe, start);
  const trainer = new Trainer(task, device, { team });
  return { data, plan, task, trainer, images };
}

async function startOf({
  directory,
  plan,
  data,
  task,
  trainer,
  progress,
  notes,
  remarks,
}: FinetuneBasis & OpenedRun & { readonly notes: readonly Remark[] }): Promise<FinetuneEvent> {
  const { start } = task;
  const onWork = await notesOnWork(data.recipe.from);
  return {
    kind: 'started',
    directory: directory.path,
    plan,
    images: data.train.images.count,
    ignored: data.ignored,
    remarks: [...notes, ...(data.remarks ?? []), ...remarks],
    parameters: trainer.size,
    precision: trainer.precision,
    step: progress.step,
    classes: data.classes,
    findings: data.findings ?? [],
    fit: start ? { ...start, notes: [...start.notes, ...onWork] } : null,
  };
}
