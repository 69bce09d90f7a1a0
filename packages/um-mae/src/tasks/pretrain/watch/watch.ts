/** Measures the features of a pre-training run. */
import type { TrainingImages } from '../../../data/classified-images.js';
import type { ProcessGroup } from '../../../data/loading/in-parts.js';
import type { ImageSet } from '../../../data/sources/image-set.js';
import { extractFeatures, type FeatureSource } from '../../../features/extract-features.js';
import type { PoolingOptions } from '../../../features/pooling.js';
import { probeScores } from '../../../features/probe/probe-scores.js';
import { rankMe } from '../../../features/probe/rank-me.js';
import type { Evaluation, EvaluationOptions } from '../../../training/evaluation.js';

/** Scores of the features of a backbone during pre-training. */
export type WatchScores = {
  /** Dimensions that the features use. */
  readonly rankMe: number;
  /** Accuracy of the nearest neighbours; null without labels. */
  readonly neighbours: number | null;
  /** Accuracy of a linear probe; null without labels. */
  readonly linearProbe: number | null;
};

/** The images of a measurement, and the way from each to its vector. */
export interface WatchedImages extends Pick<PoolingOptions, 'stages' | 'pooling'> {
  /** Images whose features make the rank. */
  readonly images: ImageSet;
  /** The largest number of them to take, at equal distances. */
  readonly most: number;
  /** Images with classes, for the probes. */
  readonly labelled: TrainingImages | undefined;
  /** Decoding threads. */
  readonly workers: number | undefined;
  /** The processes that measure together, each its part. */
  readonly team: ProcessGroup | undefined;
  /** Ends the measurement before the next images, with the signal's reason as the error. */
  readonly signal: AbortSignal | undefined;
  /** Called with the number of images of a set whose features are there, and of all in it. */
  readonly onProgress?: EvaluationOptions['onProgress'];
}

/**
 * Draws no random number and leaves the backbone as it is.
 *
 * @returns of several processes, in the one that leads; in the others nothing
 */
export async function measureFeatures(
  source: FeatureSource,
  { images, most, labelled, ...options }: WatchedImages,
): Promise<Evaluation<WatchScores> | undefined> {
  const some = spreadOver(images, most);
  const featuresOf = (set: ImageSet) => extractFeatures(source, set, options);
  const seen = await featuresOf(some);
  const probed = labelled && (await probeScores(labelled, featuresOf));
  if (!seen) return undefined;
  const { features, skipped } = seen;
  const rank = rankMe(features);
  features.dispose();
  return {
    scores: { rankMe: rank, neighbours: null, linearProbe: null, ...probed?.scores },
    images: some.count,
    skipped,
  };
}

/** Chooses at most `count` images of a set, at equal distances. */
function spreadOver(set: ImageSet, count: number): ImageSet {
  const chosen = Math.min(count, set.count);
  const place = (index: number) => Math.floor((index * set.count) / chosen);
  return { ...set, count: chosen, locate: (index) => set.locate(place(index)) };
}
