/** Records the evaluation of a network after an epoch, whatever the task. */
import { replaceFile } from '@um-mae/torch/serialization';
import { type SkippedImage, UnreadableBudget } from '../data/loading/unreadable.js';
import type { TrainingRecipe } from '../recipes/training-recipe.js';
import type { RunEvent } from './events.js';
import type { OpenedRun } from './open-run.js';
import { writeBest } from './run-files/checkpoint.js';
import type { Scores, ScoresLine } from './run-files/metrics-line.js';
import { replaceText } from './run-files/replace-text.js';
import type { Trainer } from './trainer.js';

/** The scores of a network on images that it was not trained on. */
export interface Evaluation {
  /** The scores by name; one of them is the primary score of the task. */
  readonly scores: Scores;
  /** Images that were evaluated on, and those of them that could not be read. */
  readonly images: number;
  readonly skipped: readonly SkippedImage[];
  /** A PNG of it, by what it shows; none where there is nothing to see. */
  readonly picture?: { readonly name: string; readonly png: Buffer };
  /** Computes the contents of `results.json`, if this is the best evaluation so far. */
  readonly results?: (moment: Moment) => Promise<object>;
}

/** The time of an evaluation. */
export interface Moment {
  /** Optimizer steps done. */
  readonly step: number;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
}

export interface EvaluationParts extends Pick<OpenedRun, 'progress' | 'directory' | 'log'> {
  readonly recipe: TrainingRecipe;
  readonly trainer: Trainer;
}

/**
 * Writes down what `evaluate` finds; the best evaluation so far leaves its weights and results
 * behind.
 *
 * @throws DataError when more images than the recipe allows could not be read
 */
export async function* recordEvaluation(
  parts: EvaluationParts,
  evaluate: () => Promise<Evaluation>,
): AsyncGenerator<RunEvent, void, undefined> {
  const { recipe, trainer, progress, directory, log } = parts;
  const { step, epochsDone: epoch } = progress;
  const startMs = performance.now();
  const found = await evaluate();
  const seconds = (performance.now() - startMs) / 1000;
  yield* recordSkipped(found, parts);
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
  { skipped, images }: Evaluation,
  { recipe, progress, log }: EvaluationParts,
): AsyncGenerator<RunEvent, void, undefined> {
  for (const image of skipped) {
    if (log.skipped.has(image.path)) continue;
    const line = { step: progress.step, ...image };
    await log.addSkipped(line);
    yield { kind: 'skipped', image: line };
  }
  new UnreadableBudget(images, recipe.data.maxUnreadable).add(skipped);
}

/** @returns where the picture is */
async function recordPicture(
  { picture }: Evaluation,
  { progress, directory, log }: EvaluationParts,
): Promise<string | null> {
  if (!picture) return null;
  const path = directory.sheet(progress.epoch);
  replaceFile(path, (append) => append(picture.png));
  await log.addPicture(progress.step, picture.name, picture.png);
  return path;
}
