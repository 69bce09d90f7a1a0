/** How well frozen features tell classes apart: two probes, on standardised features. */
import { neighbourAccuracy } from './knn.js';
import type { LabelledFeatures } from './labelled-features.js';
import { linearProbeAccuracy } from './linear-probe.js';
import { featureStatistics, standardise } from './standardisation.js';

/** Shares of the unseen images that are classified right. */
export interface ProbeScores {
  readonly neighbours: number;
  readonly linearProbe: number;
}

export function scoreFeatures(known: LabelledFeatures, unseen: LabelledFeatures): ProbeScores {
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
