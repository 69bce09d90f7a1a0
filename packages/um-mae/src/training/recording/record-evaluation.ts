/** Evaluates the network of a run and records the scores, whatever the task. */
import { replaceFile } from '@um-mae/torch/serialization';
import type { KnownImages } from '../../data/known-images.js';
import type { ProcessGroup } from '../../data/loading/in-parts.js';
import { UnreadableBudget } from '../../data/loading/unreadable.js';
import type { Evaluation, EvaluationOptions } from '../evaluation.js';
import type { OpenedRun } from '../open-run.js';
import { writeBest } from '../run-files/checkpoints/checkpoint.js';
import type { ScoresLine } from '../run-files/metrics/metrics-line.js';
import { replaceText } from '../run-files/replace-text.js';
import type { Trainer } from '../steps/trainer.js';
import type { Task, TrainedModel } from '../task.js';
import type { RunEvent } from './events.js';

type WrittenParts = Pick<OpenedRun, 'progress' | 'directory' | 'log'>;

export interface EvaluationParts<Model extends TrainedModel, Known> extends WrittenParts {
  readonly task: Task<Model, object, Known>;
  readonly trainer: Trainer<Model>;
  /** The images that are evaluated on. */
  readonly evaluated: KnownImages<Known>;
  readonly device: string;
  readonly workers: number;
  /** The processes that evaluate together. Default: this one alone. */
  readonly team?: ProcessGroup | undefined;
  /** Ends the evaluation before the next images. */
  readonly signal: AbortSignal;
  /** Called with the number of images that have been evaluated, and of all. */
  readonly onProgress?: EvaluationOptions['onProgress'];
}

/**
 * Lets the task evaluate its network, with as many images at once in all processes together as in a
 * step. All processes call it together.
 *
 * @returns of several processes, in the one that leads; in the others nothing
 */
export function evaluateTrained<Model extends TrainedModel, Known>(
  parts: Omit<EvaluationParts<Model, Known>, 'directory' | 'log'>,
): Promise<Evaluation | undefined> {
  const { task, trainer, evaluated, progress, team } = parts;
  const { device, workers, signal, onProgress } = parts;
  const batchSize = Math.ceil(task.recipe.batchSize / (team?.size ?? 1));
  const options = { device, workers, batchSize, epoch: progress.epoch, team, signal, onProgress };
  return task.evaluate(trainer.shown, evaluated, options);
}

/**
 * Evaluates, and writes down what is found; the best evaluation so far leaves its weights and
 * results behind. Of several processes the one that leads calls it, and the others
 * `evaluateTrained`.
 *
 * @throws the reason of the signal, before anything is written
 * @throws DataError when more images than the recipe allows could not be read
 */
export async function* recordEvaluation<Model extends TrainedModel, Known>(
  parts: EvaluationParts<Model, Known>,
): AsyncGenerator<RunEvent, void, undefined> {
  const { task, trainer, progress, directory, log } = parts;
  const { recipe } = task;
  const { step, epochsDone: epoch } = progress;
  const startMs = performance.now();
  const found = await evaluateTrained(parts);
  if (!found) return;
  const seconds = (performance.now() - startMs) / 1000;
  yield* recordSkipped(found, parts);
  new UnreadableBudget(found.images, recipe.data.maxUnreadable).add(found.skipped);
  const picture = await recordPicture(found, parts);
  const scores: ScoresLine = { kind: 'evaluation', step, epoch, ...found.scores, seconds };
  await log.add(scores);
  const best = log.best === scores;
  if (best) {
    // Without the time that it took: the same run gives the same file.
    const kept = { step, epoch, ...found.scores };
    writeBest(directory.checkpoints, trainer.shown.state(), { recipe, scores: kept });
    const results = await found.results?.({ step, epoch });
    if (results) replaceText(directory.results, `${JSON.stringify(results)}\n`);
  }
  yield { kind: 'evaluated', scores, best, picture };
}

async function* recordSkipped(
  { skipped }: Evaluation,
  { progress, log }: WrittenParts,
): AsyncGenerator<RunEvent, void, undefined> {
  for (const image of skipped) {
    if (log.skipped.has(image.path)) continue;
    const line = { step: progress.step, ...image };
    await log.addSkipped(line);
    yield { kind: 'skipped', image: line };
  }
}

/** @returns where the picture is */
async function recordPicture(
  { picture }: Evaluation,
  { progress, directory, log }: WrittenParts,
): Promise<string | null> {
  if (!picture) return null;
  const png = await picture.draw();
  const path = directory.sheet(progress.epoch);
  replaceFile(path, (append) => append(png));
  await log.addPicture(progress.step, picture.name, png);
  return path;
}
