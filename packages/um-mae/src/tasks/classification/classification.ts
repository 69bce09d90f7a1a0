/** Evaluates a classifier: scores over a set of images. */
import { at } from '../../at.js';
import type { LabelledSet } from '../../data/classified-images.js';
import { collectParts, type PartOptions, type ProcessGroup } from '../../data/loading/in-parts.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import { nameOf } from '../../data/sources/image-set.js';
import type { Classifier } from '../../heads/classifier.js';
import { type EvaluationOptions, imageCounter } from '../../training/evaluation.js';
import { type ClassificationOptions, classify, likeliest, type Prediction } from './classify.js';
import type { ConfusedImages } from './evaluation/class-scores.js';

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
  /** The pairs of classes that occur, by true class, then by predicted class. */
  readonly confusion: readonly ConfusedImages[];
  /** The worst ones, at most `keptMistakes`, that of the least likely true class first. */
  readonly mistakes: readonly Mistake[];
  readonly skipped: readonly SkippedImage[];
}

const keptMistakes = 24;

/** An image as an evaluation counts it. */
interface ClassifiedImage extends Omit<Mistake, 'path'> {
  readonly isInFive: boolean;
  /** Cross-entropy. */
  readonly loss: number;
}

interface ClassifiedBatch {
  readonly images: readonly ClassifiedImage[];
  readonly skipped: readonly SkippedImage[];
}

type SharedOptions = ClassificationOptions & PartOptions & Pick<EvaluationOptions, 'onProgress'>;

/**
 * Evaluates a classifier on labelled images that it was not trained on.
 *
 * @returns of several processes, in the one that leads; in the others nothing
 *
 * @example
 * ```ts
 * import { evaluateClassifier, openClassifiedImages, readClassifier } from 'um-mae';
 *
 * const { model, classes } = readClassifier('runs/classes');
 * const set = await openClassifiedImages('labelled/val', { classes });
 * const { scores, confusion, mistakes } = await evaluateClassifier(model, set);
 * console.log(scores.perClass, confusion, mistakes[0]?.path);
 * ```
 */
export async function evaluateClassifier(
  model: Classifier,
  set: LabelledSet,
  options: SharedOptions & { readonly team: ProcessGroup | undefined },
): Promise<ClassifierEvaluation | undefined>;
export async function evaluateClassifier(
  model: Classifier,
  set: LabelledSet,
  options?: ClassificationOptions,
): Promise<ClassifierEvaluation>;
export async function evaluateClassifier(
  model: Classifier,
  set: LabelledSet,
  options: SharedOptions = {},
): Promise<ClassifierEvaluation | undefined> {
  const countImages = imageCounter(options, set.images.count);
  const batches = await collectParts(
    classifiedBatches(model, set, options),
    options,
    ({ images, skipped }) => countImages(images.length + skipped.length),
  );
  if (options.team?.leads === false) return undefined;
  const { classes } = model.options;
  const counts = new Map<number, number>();
  const mistakes: Omit<Mistake, 'path'>[] = [];
  let [inFive, loss] = [0, 0];
  for (const { isInFive, loss: own, ...image } of batches.flatMap(({ images }) => images)) {
    const { label, predicted } = image;
    const pair = label * classes + predicted;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
    if (isInFive) inFive++;
    loss += own;
    if (predicted !== label) mistakes.push(image);
  }
  const skipped = batches.flatMap((batch) => batch.skipped);
  const confusion = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([pair, images]) => [Math.floor(pair / classes), pair % classes, images] as const);
  const scores = scoresOf(confusion, classes, { inFive, loss });
  const named = worst(mistakes).map((image) => ({
    ...image,
    path: nameOf(set.images.locate(image.index)),
  }));
  return { scores, confusion, mistakes: named, skipped };
}

async function* classifiedBatches(
  model: Classifier,
  { images, labels }: LabelledSet,
  options: SharedOptions,
): AsyncGenerator<ClassifiedBatch, void, undefined> {
  for await (const { predictions, skipped } of classify(model, images, options)) {
    const classified = predictions.map((prediction) =>
      classifiedImage(prediction, at(labels, prediction.index)),
    );
    yield { images: classified, skipped };
  }
}

function classifiedImage(
  { index, logProbabilities: row }: Prediction,
  label: number,
): ClassifiedImage {
  const five = likeliest(row, 5);
  const [predicted = -1] = five;
  // 0 where a diverged model says nothing: JSON has no NaN.
  const probability = (number: number) => Math.exp(row[number] ?? Number.NaN) || 0;
  return {
    index,
    label,
    predicted,
    probabilities: { label: probability(label), predicted: probability(predicted) },
    isInFive: five.includes(label),
    loss: -(row[label] ?? Number.NaN),
  };
}

function worst<Found extends Omit<Mistake, 'path'>>(mistakes: readonly Found[]): Found[] {
  const order = [...mistakes].sort(
    (a, b) => a.probabilities.label - b.probabilities.label || a.index - b.index,
  );
  return order.slice(0, keptMistakes);
}

function scoresOf(
  confusion: ClassifierEvaluation['confusion'],
  classes: number,
  sums: { readonly inFive: number; readonly loss: number },
): ClassificationScores {
  const counts = new Array<number>(classes).fill(0);
  const right = new Array<number>(classes).fill(0);
  for (const [label, predicted, count] of confusion) {
    counts[label] = at(counts, label) + count;
    if (label === predicted) right[label] = count;
  }
  const images = counts.reduce((sum, count) => sum + count, 0);
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
