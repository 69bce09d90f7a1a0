/**
 * The end of an epoch of fine-tuning: evaluate, draw the confusion matrix, keep the best weights.
 */
import type { TrainingImages } from '../../data/classified-images.js';
import type { Classifier } from '../../heads/classifier.js';
import { renderConfusion } from '../../pictures/confusion-picture.js';
import type { FinetuneRecipe } from '../../recipes/finetune-recipe.js';
import { type Evaluation, recordEvaluation } from '../../training/evaluation.js';
import type { RunEvent } from '../../training/events.js';
import type { OpenedRun } from '../../training/open-run.js';
import type { Trainer } from '../../training/trainer.js';
import { type ClassificationScores, evaluateClassifier } from './classification.js';
import { resultsOf } from './collect-results.js';

export interface EvaluationParts extends OpenedRun {
  readonly recipe: FinetuneRecipe;
  readonly data: TrainingImages;
  readonly trainer: Trainer<Classifier>;
  readonly device: string;
  readonly workers: number;
}

/** @throws DataError when more images than the recipe allows cannot be read */
export async function* evaluateEpoch(
  parts: EvaluationParts,
): AsyncGenerator<RunEvent, void, undefined> {
  const { recipe, progress } = parts;
  if (progress.epoch % recipe.evaluateEvery.epochs !== 0 && !progress.isFinished) return;
  yield* recordEvaluation(parts, () => evaluate(parts));
}

async function evaluate(parts: EvaluationParts): Promise<Evaluation> {
  const { recipe, data, trainer, device, workers, progress } = parts;
  const { images } = data.val;
  const options = { device, workers, batchSize: recipe.batchSize };
  const found = await evaluateClassifier(trainer.shown, data.val, options);
  const png = await renderConfusion({
    title: `Confusion after epoch ${progress.epoch}`,
    note: describeScores(found.scores),
    classes: data.classes,
    confusion: found.confusion,
  });
  return {
    scores: { ...found.scores },
    images: images.count,
    skipped: found.skipped,
    picture: { name: 'confusion', png },
    results: (moment) => resultsOf(moment, { ...found, images }),
  };
}

function describeScores({ topOne, perClass, images }: ClassificationScores): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return `${percent(topOne)} of ${images} images right, ${percent(perClass)} averaged over classes. Numbers are per cent of a row.`;
}
