/** How well frozen features tell the classes of the demo apart. */
import { tensor } from '@um-mae/torch';
import type { Backbone } from '../backbones/backbone.js';
import { extractFeatures, type FeatureOptions } from '../evaluation/features.js';
import { neighbourAccuracy } from '../evaluation/knn.js';
import type { LabelledFeatures } from '../evaluation/labelled-features.js';
import { linearProbeAccuracy } from '../evaluation/linear-probe.js';
import { featureStatistics, standardise } from '../evaluation/standardisation.js';
import { classOf, type SceneSet } from './scene-set.js';

/** Shares of validation images that are classified right. */
export interface ProbeScores {
  readonly neighbours: number;
  readonly linearProbe: number;
}

export async function probeScores(
  backbone: Backbone,
  { train, val }: SceneSet,
  options: FeatureOptions,
): Promise<ProbeScores> {
  const known = await labelledFeatures(backbone, train, options);
  const unseen = await labelledFeatures(backbone, val, options);
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

async function labelledFeatures(
  backbone: Backbone,
  images: readonly string[],
  options: FeatureOptions,
): Promise<LabelledFeatures> {
  const { features, paths } = await extractFeatures(backbone, images, options);
  return { features, labels: tensor(paths.map(classOf), { dtype: 'i64' }) };
}
