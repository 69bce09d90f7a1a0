/** How well frozen features tell the classes of the demo apart. */
import { tensor } from '@um-mae/torch';
import type { Backbone } from '../backbones/backbone.js';
import { extractFeatures, type FeatureOptions } from '../evaluation/features.js';
import type { LabelledFeatures } from '../evaluation/labelled-features.js';
import { type ProbeScores, scoreFeatures } from '../evaluation/probe-scores.js';
import { classOf, type SceneSet } from './scene-set.js';

export async function probeScores(
  backbone: Backbone,
  { train, val }: SceneSet,
  options: FeatureOptions,
): Promise<ProbeScores> {
  const known = await labelledFeatures(backbone, train, options);
  return scoreFeatures(known, await labelledFeatures(backbone, val, options));
}

async function labelledFeatures(
  backbone: Backbone,
  images: readonly string[],
  options: FeatureOptions,
): Promise<LabelledFeatures> {
  const { features, paths } = await extractFeatures(backbone, images, options);
  return { features, labels: tensor(paths.map(classOf), { dtype: 'i64' }) };
}
