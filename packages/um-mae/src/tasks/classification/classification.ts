/** Evaluates a classifier: scores over a set of images, and predictions for single ones. */

import { noGrad, scope } from '@um-mae/torch';
import { at } from '../../at.js';
import type { LabelledSet } from '../../data/classified-images.js';
import { middleLoader } from '../../data/loading/middle-loader.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import { untilAborted } from '../../data/loading/until-aborted.js';
import type { ImageSet } from '../../data/sources/image-set.js';
import type { Classifier } from '../../heads/classifier.js';
import { normaliseImages } from '../../images/normalise.js';

/** An image of which the classifier says something else. */
export interface Mistake {
  /** Place in the set. */
  readonly index: number;
  readonly path: string;
  /** The true class. */
  readonly label: number;
  readonly predicted: number;
  /** The probabilities that the classifier gives to the two classes. */
  readonly probabilities: { readonly label: number; readonly predicted: number };
}

/** Scores of a classifier on a set of labelled images. */
export interface ClassificationScores {
  /** Share of the images whose class is the most likely one. */
  readonly topOne: number;
  /** Share of the images whose class is among the five most likely ones. */
  readonly topFive: number;
  /** `topOne` of each class, averaged over the classes that occur. */
  readonly perClass: number;
  /** Mean cross-entropy. */
  readonly loss: number;
  /** Images that could be read. */
  readonly images: number;
}

/** Scores of a classifier, its confusions and its worst mistakes. */
export interface ClassifierEvaluation {
  readonly scores: ClassificationScores;
  /** Images by true class, then by predicted class. */
  readonly confusion: readonly (readonly number[])[];
  /** The worst ones, at most `keptMistakes`, that of the least likely true class first. */
  readonly mistakes: readonly Mistake[];
  readonly skipped: readonly SkippedImage[];
}

export interface ClassificationOptions {
  /** The device of the classifier. Default `cpu`. */
  readonly device?: string | undefined;
  /** Decoding threads. Default 1. */
  readonly workers?: number | undefined;
  /** Images that are computed at once. Default 64. */
  readonly batchSize?: number | undefined;
  /** Ends the work before the next images, with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/** The prediction of a classifier for one image. */
export interface Prediction {
  /** Place in the set. */
  readonly index: number;
  readonly path: string;
  /** Natural logarithms of the probabilities, one per class. */
  readonly logProbabilities: Float32Array;
}

/**
 * Classifies the middle of every image, in the order of the set, without a random number.
 *
 * @yields batches of predictions, and what could not be read
 */
export async function* classify(
  model: Classifier,
  images: ImageSet,
  { device = 'cpu', workers, batchSize, signal }: ClassificationOptions = {},
): AsyncGenerator<{ predictions: Prediction[]; skipped: SkippedImage[] }, void, undefined> {
  const { image } = model.options;
  const loader = middleLoader(images, { image, batchSize, workers });
  const training = model.training;
  try {
    for await (const batch of untilAborted(loader.epoch(0), signal)) {
      const { pixels, indices, paths, skipped } = batch;
      model.eval();
      const rows = indices.length === 0 ? [] : logProbabilities(model, pixels, device);
      model.train(training);
      const predictions = rows.map((row, i) => ({
        index: at(indices, i),
        path: paths[i] ?? '',
        logProbabilities: row,
      }));
      yield { predictions, skipped };
    }
  } finally {
    await loader.close();
  }
}

/** @returns one row per image, of one number per class */
function logProbabilities(model: Classifier, pixels: Uint8Array, device: string): Float32Array[] {
  const { image, classes } = model.options;
  const values = scope(() => {
    const logits = noGrad(() => model.forward(normaliseImages(pixels, image, device)));
    return logits.to('f32').logSoftmax(-1).to('cpu').toArray() as Float32Array;
  });
  return Array.from({ length: values.length / classes }, (_, i) =>
    values.slice(i * classes, (i + 1) * classes),
  );
}

const keptMistakes = 24;

/** Evaluates a classifier on labelled images that it was not trained on. */
export async function evaluateClassifier(
  model: Classifier,
  { images, labels }: LabelledSet,
  options: ClassificationOptions = {},
): Promise<ClassifierEvaluation> {
  const { classes } = model.options;
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const skipped: SkippedImage[] = [];
  let mistakes: Mistake[] = [];
  let [inFive, loss] = [0, 0];
  for await (const batch of classify(model, images, options)) {
    skipped.push(...batch.skipped);
    for (const { index, path, logProbabilities: row } of batch.predictions) {
      const label = at(labels, index);
      const [first = -1, ...others] = likeliest(row, 5);
      const counts = confusion[label];
      if (counts) counts[first] = at(counts, first) + 1;
      if (label === first || others.includes(label)) inFive++;
      loss -= row[label] ?? Number.NaN;
      if (first === label) continue;
      // 0 where a diverged model says nothing: JSON has no NaN.
      const probability = (number: number) => Math.exp(row[number] ?? Number.NaN) || 0;
      const probabilities = { label: probability(label), predicted: probability(first) };
      mistakes.push({ index, path, label, predicted: first, probabilities });
    }
    mistakes = worst(mistakes);
  }
  return { scores: scoresOf(confusion, { inFive, loss }), confusion, mistakes, skipped };
}

function worst(mistakes: readonly Mistake[]): Mistake[] {
  const order = [...mistakes].sort(
    (a, b) => a.probabilities.label - b.probabilities.label || a.index - b.index,
  );
  return order.slice(0, keptMistakes);
}

function scoresOf(
  confusion: ClassifierEvaluation['confusion'],
  sums: { readonly inFive: number; readonly loss: number },
): ClassificationScores {
  const counts = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const images = counts.reduce((sum, count) => sum + count, 0);
  const right = confusion.map((row, label) => at(row, label));
  const occurring = counts.flatMap((count, label) =>
    count === 0 ? [] : [at(right, label) / count],
  );
  return {
    topOne: right.reduce((sum, count) => sum + count, 0) / images,
    topFive: sums.inFive / images,
    perClass: occurring.reduce((sum, share) => sum + share, 0) / occurring.length,
    loss: sums.loss / images,
    images,
  };
}

/** The classes of the largest numbers, the largest first; of equal ones the first. */
export function likeliest(row: Float32Array, count: number): number[] {
  const order = [...row.entries()].sort(([a, x], [b, y]) => y - x || a - b);
  return order.slice(0, count).map(([index]) => index);
}
