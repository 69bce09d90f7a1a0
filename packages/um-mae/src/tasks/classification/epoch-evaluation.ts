/** What fine-tuning does after an epoch: scores, a picture of the confusion matrix, the best weights so far. */
import { replaceFile } from '@um-mae/torch/serialization';
import type { TrainingImages } from '../../data/classified-images.js';
import { UnreadableBudget } from '../../data/loading/unreadable.js';
import type { Classifier } from '../../heads/classifier.js';
import { renderConfusion } from '../../pictures/confusion-picture.js';
import type { FinetuneRecipe } from '../../recipes/finetune-recipe.js';
import type { OpenedRun } from '../../training/open-run.js';
import { writeBest } from '../../training/run-files/checkpoint.js';
import type { EvaluationLine } from '../../training/run-files/metrics-line.js';
import type { Trainer } from '../../training/trainer.js';
import { type Evaluation, evaluateClassifier } from './classification.js';
import type { FinetuneEvent } from './events.js';
import { writeResults } from './write-results.js';

type Events = AsyncGenerator<FinetuneEvent, void, undefined>;

export interface EvaluationParts extends OpenedRun {
  readonly recipe: FinetuneRecipe;
  readonly data: TrainingImages;
  readonly trainer: Trainer<Classifier>;
  readonly device: string;
  readonly workers: number;
}

/** @throws DataError when more images than the recipe allows cannot be read */
export async function* evaluateEpoch(parts: EvaluationParts): Events {
  const { recipe, data, trainer, device, workers, progress, directory, log } = parts;
  if (progress.epoch % recipe.evaluateEvery.epochs !== 0 && !progress.isFinished) return;
  const { step, epochsDone: epoch } = progress;
  const startMs = performance.now();
  const options = { device, workers, batchSize: recipe.batchSize };
  const found = await evaluateClassifier(trainer.shown, data.val, options);
  const seconds = (performance.now() - startMs) / 1000;
  yield* reportSkipped(found.skipped, parts);
  const scores: EvaluationLine = { kind: 'evaluation', step, epoch, ...found.scores, seconds };

  const picture = directory.sheet(progress.epoch);
  const png = await renderConfusion({
    title: `Confusion after epoch ${progress.epoch}`,
    note: describeScores(scores),
    classes: data.classes,
    confusion: found.confusion,
  });
  replaceFile(picture, (append) => append(png));
  await log.addPicture(step, 'confusion', png);
  await log.add(scores);
  const best = log.best === scores;
  if (best) {
    // Without the time that it took: the same run gives the same file.
    const kept = { step, epoch, ...found.scores };
    writeBest(directory.checkpoints, trainer.shown.state(), { recipe, scores: kept });
    await writeResults(directory, kept, { ...found, images: data.val.images });
  }
  yield { kind: 'evaluated', scores, best, picture };
}

async function* reportSkipped(
  skipped: Evaluation['skipped'],
  { recipe, data, progress, log }: EvaluationParts,
): Events {
  for (const image of skipped) {
    if (log.skipped.has(image.path)) continue;
    const line = { step: progress.step, ...image };
    await log.addSkipped(line);
    yield { kind: 'skipped', image: line };
  }
  const { count } = data.val.images;
  new UnreadableBudget(count, recipe.data.maxUnreadable).add(skipped);
}

function describeScores({ topOne, perClass, images }: EvaluationLine): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return `${percent(topOne)} of ${images} images right, ${percent(perClass)} averaged over classes. Numbers are per cent of a row.`;
}
