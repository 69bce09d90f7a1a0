/** Masked pre-training: a recipe, images and an empty folder in; a run directory out. */
import { replaceFile } from '@um-mae/torch/serialization';
import { openTrainingImages, type TrainingImages } from '../../data/classified-images.js';
import type { KnownImages } from '../../data/known-images.js';
import { ImageLoader } from '../../data/loading/loader.js';
import type { ImageSet } from '../../data/sources/image-set.js';
import { type OpenedImages, openImages } from '../../data/sources/open-images.js';
import { pretraining } from '../../recipes/kind.js';
import type { PretrainRecipe } from '../../recipes/pretrain/pretrain-recipe.js';
import { withAbsolutePaths } from '../../recipes/values/absolute-paths.js';
import { pacerOf } from '../../training/budget/pacer.js';
import type { EvaluationOptions } from '../../training/evaluation.js';
import { followRun, type OpenedRun, openRun, type RunOptions } from '../../training/open-run.js';
import { Run } from '../../training/run.js';
import { hasCheckpoint } from '../../training/run-files/checkpoints/checkpoint.js';
import { planOf } from '../../training/run-files/extend.js';
import type { Metrics } from '../../training/run-files/metrics/metrics-line.js';
import { goesOn } from '../../training/run-files/open-run-directory.js';
import { checkSameRecipe, recordedRecipe } from '../../training/run-files/resume.js';
import { notesOnWork } from '../../training/run-files/run-at-work.js';
import { Trainer } from '../../training/steps/trainer.js';
import { agree } from '../../training/team/agreement.js';
import { followEvents } from '../../training/team/follow.js';
import { agreeOnRun } from '../../training/team/same-run.js';
import type { Team } from '../../training/team/team.js';
import { initialWeights } from '../../weights/initial/initial-weights.js';
import type { Weights } from '../../weights/open-weights.js';
import type { PretrainEvent } from './events.js';
import { SheetImages } from './pictures/sheet-images.js';
import { PretrainTask, type PretrainTaskParts } from './pretrain-task.js';
import { withWatchedStages } from './watch/watched-stages.js';

/** Options of `pretrainEvents`. */
export interface PretrainRun extends RunOptions, Omit<PretrainTaskParts, 'labelled' | 'start'> {
  readonly recipe: PretrainRecipe;
  /** The weights of `recipe.from`, if they are open already. They are freed with the first step. */
  readonly weights?: Weights | undefined;
  /** The images of the recipe, if they are open already. */
  readonly opened?: OpenedImages | undefined;
  /** The seconds of a sheet and a checkpoint, if they have been measured. */
  readonly lookSeconds?: number | undefined;
}

type Events = AsyncGenerator<PretrainEvent, void, undefined>;

/**
 * Trains, and yields an event for whatever happens. Weights depend on recipe, images, device and
 * threads only: a run that was stopped at any moment and resumed ends with the same ones.
 *
 * @throws UmMaeError or TorchError, of one sentence, when the run cannot begin or go on
 */
export async function* pretrainEvents(options: PretrainRun): Events {
  const { mode, device, workers, team, signal } = options;
  const { directory: path } = options;
  const recorded = goesOn(mode) ? await recordedRecipe(path, pretraining) : undefined;
  const recipe = withWatchedStages(withAbsolutePaths(options.recipe), recorded);
  if (recorded) checkSameRecipe(path, { recorded, recipe, mode });
  const { paths, ...reading } = recipe.data;
  const { root: _, ...labelling } = reading;
  const { images, ignored, remarks } =
    options.opened ?? (await openImages(paths, { ...reading, team }));
  const { count, digest } = images;
  const plan = planOf({ recorded, recipe, mode }, { images: count });
  if (team) {
    await agree(team, { recipe, images: { count, digest } });
    await agreeOnRun(team, options);
  }
  const { every, labelled } = recipe.watch;
  const watched =
    every && labelled ? await openTrainingImages({ ...labelling, ...labelled }) : undefined;
  const sets = watched ? [watched.train, watched.val] : [];
  for (const set of sets) await team?.agreeOnImages(set.images);
  const measuring = { device, workers, team, signal };
  const { task, trainer } = beginTask({ ...options, recipe }, watched);
  const basis = { plan, trainer, images: { count, digest } };
  const loader = () => trainingLoader(recipe, images, { workers, team });
  const pacer = pacerOf(recipe, {
    looksEvery: every?.epochs ?? 1,
    lookSeconds: options.lookSeconds,
  });
  if (team && !team.leads) {
    const progress = await followRun(team, basis);
    const following = { ...options, command: 'pretrain', trainer, progress, pacer };
    return yield* followEvents({
      ...following,
      loader: loader(),
      async afterEpoch() {
        const watches = every && progress.epoch % every.epochs === 0;
        if (watches) await measure({ task, trainer, images, ...measuring });
      },
    });
  }
  const sheet = await SheetImages.choose(images, recipe);
  const opened = await openRun(options, { ...basis, set: images });
  const { directory, progress } = opened;
  const run = new Run<PretrainEvent>({
    ...options,
    ...opened,
    command: 'pretrain',
    pacer,
    trainer,
    loader: loader(),
    async *afterEpoch(metrics: Metrics): Events {
      yield { kind: 'epoch', metrics, sheet: await drawSheet(sheet, trainer, opened) };
      if (every && progress.epoch % every.epochs === 0) {
        const onProgress = options.onLook;
        yield* recordFeatures({ ...opened, task, trainer, images, ...measuring, onProgress });
      }
    },
  });
  try {
    const { size: parameters, precision } = trainer;
    const { step } = progress;
    const notes = [...(options.remarks ?? []), ...remarks, ...opened.remarks];
    const basics = { directory: directory.path, plan, images: count, ignored, remarks: notes };
    const started = { ...basics, parameters, step };
    const fit = await startReport(task, recipe);
    yield { kind: 'started', precision, ...started, fit };
    yield* run.events();
  } finally {
    await run.close();
  }
}

/** Builds the objective, from initial weights where a run begins from some. */
function beginTask(options: PretrainRun, labelled: TrainingImages | undefined) {
  const { recipe, mode, device, team, directory, objective, backbone } = options;
  // A checkpoint holds all weights, so the initial ones are not needed and may be gone.
  const isResumed = goesOn(mode) && hasCheckpoint(directory);
  using start = isResumed ? undefined : initialWeights(recipe, options);
  const task = new PretrainTask(recipe, { labelled, objective, backbone, start });
  return { task, trainer: new Trainer(task, device, { team }) };
}

/** The report on the initial weights, and on the run that they are from. */
async function startReport({ start }: PretrainTask, { from }: PretrainRecipe) {
  return start ? { ...start, notes: [...start.notes, ...(await notesOnWork(from))] } : null;
}

/** Batches of a process, of images in an order of the recipe's seed. */
export function trainingLoader(
  recipe: PretrainRecipe,
  images: ImageSet,
  { workers, team }: { readonly workers: number; readonly team: Team | undefined },
): ImageLoader {
  return new ImageLoader({
    images,
    ...(team ? { share: team.share } : {}),
    ...recipe.image,
    transform: { kind: 'random-resized-crop', ...recipe.augmentation },
    batchSize: recipe.batchSize,
    seed: recipe.seed,
    workers,
    dropLast: true,
  });
}

type PretrainTrainer = Trainer<ReturnType<PretrainTask['build']>>;

/** @returns where the sheet is */
async function drawSheet(
  images: SheetImages,
  trainer: PretrainTrainer,
  { directory, progress, log }: OpenedRun,
): Promise<string> {
  const path = directory.sheet(progress.epoch);
  const picture = await images.render(trainer.shown, `Epoch ${progress.epoch}`);
  replaceFile(path, (append) => append(picture));
  await log.addPicture(progress.step, 'reconstruction', picture);
  return path;
}

interface Watched extends Pick<KnownImages, 'images'> {
  readonly task: PretrainTask;
  readonly trainer: PretrainTrainer;
  readonly device: string;
  readonly workers: number;
  readonly team: Team | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: EvaluationOptions['onProgress'];
}

/** Lets the task measure its features; all processes call it together. */
function measure({ task, trainer, images, ...options }: Watched) {
  const unlabelled = { images, targets: () => undefined };
  const { device, workers, team, signal, onProgress } = options;
  return task.evaluate(trainer.shown, unlabelled, { device, workers, team, signal, onProgress });
}

/** Measures features, and writes the scores down. */
async function* recordFeatures(parts: Watched & OpenedRun): Events {
  const { progress, log } = parts;
  const { step, epochsDone: epoch } = progress;
  const startMs = performance.now();
  const found = await measure(parts);
  if (!found) return;
  const seconds = (performance.now() - startMs) / 1000;
  const scores = { kind: 'watch', step, epoch, ...found.scores, seconds } as const;
  await log.add(scores);
  yield { kind: 'watched', scores };
}
