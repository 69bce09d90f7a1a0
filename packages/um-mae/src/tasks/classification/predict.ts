/** The classes of single images. */

import type { PartOptions } from '../../data/loading/in-parts.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import { untilAborted } from '../../data/loading/until-aborted.js';
import { listedFiles } from '../../data/sources/files.js';
import { DataError } from '../../errors.js';
import type { Classifier } from '../../heads/classifier.js';
import { type ClassificationOptions, classify, likeliest } from './classify.js';

export interface PredictOptions extends ClassificationOptions, Pick<PartOptions, 'team'> {
  /** Number of classes to list for each image, the likeliest first. Default 5. */
  readonly top?: number | undefined;
}

export interface ImageClasses {
  readonly path: string;
  readonly classes: readonly { readonly name: string; readonly probability: number }[];
}

/**
 * @param classifier as `readClassifier` gives it
 * @param paths image files
 * @yields what each image shows, in the order of the paths; of several processes each has its part
 * @throws DataError naming an image that cannot be read
 *
 * @example
 * ```ts
 * import { predictFiles, readClassifier } from 'um-mae';
 *
 * const classifier = readClassifier('runs/classes');
 * for await (const { path, classes } of predictFiles(classifier, ['cat.jpg'], { top: 1 })) {
 *   console.log(path, classes[0]?.name, classes[0]?.probability);
 * }
 * ```
 */
export async function* predictFiles(
  classifier: { readonly model: Classifier; readonly classes: readonly string[] },
  paths: readonly string[],
  options: PredictOptions = {},
): AsyncGenerator<ImageClasses, void, undefined> {
  for await (const found of classifyFiles(classifier, paths, options)) {
    if ('classes' in found) yield found;
    else {
      throw new DataError(
        `Expected a readable image at \`${found.path}\` but it is ${found.reason}.`,
      );
    }
  }
}

/** Classifies files as `predictFiles` does. @yields those that cannot be read, too, by batches last */
export async function* classifyFiles(
  classifier: Parameters<typeof predictFiles>[0],
  paths: readonly string[],
  { top = 5, signal, ...options }: PredictOptions = {},
): AsyncGenerator<ImageClasses | SkippedImage, void, undefined> {
  const { model, classes } = classifier;
  const batches = classify(model, listedFiles(paths, paths), options);
  for await (const batch of untilAborted(batches, signal)) {
    for (const { path, logProbabilities } of batch.predictions) {
      const chosen = likeliest(logProbabilities, top).map((label) => ({
        name: classes[label] ?? `${label}`,
        probability: Math.exp(logProbabilities[label] ?? Number.NEGATIVE_INFINITY),
      }));
      yield { path, classes: chosen };
    }
    yield* batch.skipped;
  }
}
