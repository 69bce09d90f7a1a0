/** Measures the features of a pre-training run. */
import type { TrainingImages } from '../../data/classified-images.js';
import type { ImageSet } from '../../data/sources/image-set.js';
import { extractFeatures, type FeatureSource } from '../../features/extract-features.js';
import { type ProbeScores, probeScores } from '../../features/probe/probe-scores.js';
import { rankMe } from '../../features/probe/rank-me.js';
import type { Evaluation } from '../../training/evaluation.js';

/** Scores of the features of a backbone during pre-training. */
export type WatchScores = {
  /** Dimensions that the features use. */
  readonly rankMe: number;
  /** Accuracy of the nearest neighbours; null without labels. */
  readonly neighbours: number | null;
  /** Accuracy of a linear probe; null without labels. */
  readonly linearProbe: number | null;
};

/** The images of a measurement. */
export interface WatchedImages {
  /** Images whose features make the rank. */
  readonly images: ImageSet;
  /** The largest number of them to take, at equal distances. */
  readonly most: number;
  /** Images with classes, for the probes. */
  readonly labelled: TrainingImages | undefined;
  /** Decoding threads. */
  readonly workers: number | undefined;
  /** Ends the measurement before the next images, with the signal's reason as the error. */
  readonly signal: AbortSignal | undefined;
}

/** Draws no random number and leaves the backbone as it is. */
export async function measureFeatures(
  source: FeatureSource,
  { images, most, labelled, workers, signal }: WatchedImages,
): Promise<Evaluation<WatchScores>> {
  const some = spreadOver(images, most);
  const { features, skipped } = await extractFeatures(source, some, { workers, signal });
  const rank = rankMe(features);
  features.dispose();
  const probed: ProbeScores | undefined =
    labelled &&
    (await probeScores(labelled, (set) => extractFeatures(source, set, { workers, signal })))
      .scores;
  return {
    scores: { rankMe: rank, neighbours: null, linearProbe: null, ...probed },
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
