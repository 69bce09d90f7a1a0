/** Scores features by two probes, which learn on one set of images and are measured on another. */
import { scope, tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import type { LabelledSet } from '../../data/classified-images.js';
import type { ImageSet } from '../../data/sources/image-set.js';
import { DataError } from '../../errors.js';
import type { ImageFeatures } from '../extract-features.js';
import type { LabelledFeatures } from '../labelled-features.js';
import { neighbourAccuracy } from './knn.js';
import { linearProbeAccuracy } from './linear-probe.js';
import { featureStatistics, standardise } from './standardisation.js';

/** Shares of the unseen images that are classified right. */
export interface ProbeScores {
  readonly neighbours: number;
  readonly linearProbe: number;
}

/** Images with classes: what probes learn from, and what they are measured on. */
export interface ProbeSets {
  readonly train: LabelledSet;
  readonly val: LabelledSet;
}

/** Scores, and what is left to say of the features when they have been freed. */
export interface ProbeResult<Found extends ImageFeatures> {
  readonly scores: ProbeScores;
  readonly known: Omit<Found, 'features'>;
  readonly unseen: Omit<Found, 'features'>;
}

/**
 * Probes that learn on the features of `train` and are measured on those of `val`.
 *
 * @param featuresOf computes the features of a set, or finds them; undefined where another process
 *   has them
 * @returns undefined where there are no features
 * @throws DataError when no image to measure on can be read
 */
export async function probeScores<Found extends ImageFeatures>(
  sets: ProbeSets,
  featuresOf: (images: ImageSet) => Promise<Found>,
): Promise<ProbeResult<Found>>;
export async function probeScores<Found extends ImageFeatures>(
  sets: ProbeSets,
  featuresOf: (images: ImageSet) => Promise<Found | undefined>,
): Promise<ProbeResult<Found> | undefined>;
export async function probeScores<Found extends ImageFeatures>(
  { train, val }: ProbeSets,
  featuresOf: (images: ImageSet) => Promise<Found | undefined>,
): Promise<ProbeResult<Found> | undefined> {
  const known = await featuresOf(train.images);
  const unseen = await featuresOf(val.images);
  if (!known || !unseen) return undefined;
  if (unseen.paths.length === 0) {
    throw new DataError(
      `Expected images to measure on but got ${val.images.count} of which none can be read.`,
    );
  }
  const scores = scope(() => scoreFeatures(labelled(known, train), labelled(unseen, val)));
  for (const { features } of [known, unseen]) features.dispose();
  return { scores, known, unseen };
}

function labelled({ features, indices }: ImageFeatures, { labels }: LabelledSet): LabelledFeatures {
  const own = indices.map((index) => at(labels, index));
  return { features, labels: tensor(own, { dtype: 'i64' }) };
}

function scoreFeatures(known: LabelledFeatures, unseen: LabelledFeatures): ProbeScores {
  const statistics = featureStatistics(known.features);
  const standardised = ({ features, labels }: LabelledFeatures) => ({
    features: standardise(features, statistics),
    labels,
  });
  return {
    neighbours: neighbourAccuracy(standardised(known), standardised(unseen)),
    linearProbe: linearProbeAccuracy(known, unseen),
  };
}
