/** How well frozen features tell the classes of the demo apart. */
import type { Backbone } from '../backbones/backbone.js';
import { listedFiles } from '../data/sources/files.js';
import type { ImageSet } from '../data/sources/image-set.js';
import { type FeatureOptions, labelledFeatures } from '../features/extract-features.js';
import { type ProbeScores, scoreFeatures } from '../features/probe-scores.js';
import { classOf, type SceneSet } from './scene-set.js';

export async function probeScores(
  backbone: Backbone,
  { train, val }: SceneSet,
  options: FeatureOptions,
): Promise<ProbeScores> {
  const known = await labelledFeatures(backbone, scenesOf(train), options);
  return scoreFeatures(known, await labelledFeatures(backbone, scenesOf(val), options));
}

function scenesOf(paths: readonly string[]): ImageSet {
  return listedFiles(paths, paths, paths.map(classOf));
}
