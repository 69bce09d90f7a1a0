/** Labelled images that a run never learns from, for the probes that watch it. */
import { tensor } from '@um-mae/torch';
import type { Backbone } from '../../backbones/backbone.js';
import type { ImageSet } from '../../data/sources/image-set.js';
import { openImages } from '../../data/sources/open-images.js';
import { DataError } from '../../errors.js';
import { type FeatureOptions, featuresOfSet } from '../../evaluation/features.js';
import type { LabelledFeatures } from '../../evaluation/labelled-features.js';

export interface LabelledImages {
  /** What probes learn from. */
  readonly train: ImageSet;
  /** What they are measured on. */
  readonly val: ImageSet;
}

/** @throws DataError when an image has no class, all have one, or the two do not have the same classes */
export async function openLabelled(paths: {
  readonly train: string;
  readonly val: string;
}): Promise<LabelledImages> {
  const train = await openImages([paths.train]);
  const val = await openImages([paths.val]);
  checkLabels(train.images, paths.train);
  checkLabels(val.images, paths.val);
  if (train.classes.join() !== val.classes.join()) {
    throw new DataError(
      `Expected the ${train.classes.length} classes of ${paths.train} in ${paths.val} but got ${val.classes.length} or other ones.`,
    );
  }
  return { train: train.images, val: val.images };
}

export async function labelledFeatures(
  backbone: Backbone,
  images: ImageSet,
  options: FeatureOptions,
): Promise<LabelledFeatures> {
  const { features, indices } = await featuresOfSet(backbone, images, options);
  const labels = indices.map((index) => images.labelOf(index) ?? -1);
  return { features, labels: tensor(labels, { dtype: 'i64' }) };
}

function checkLabels(images: ImageSet, path: string): void {
  const labels = new Set<number>();
  for (let index = 0; index < images.count; index++) {
    const label = images.labelOf(index);
    if (label === undefined) {
      throw new DataError(
        `Expected a class for every image of ${path} but got none for image ${index + 1}.\n${advice(path)}`,
      );
    }
    labels.add(label);
  }
  if (labels.size > 1) return;
  throw new DataError(
    `Expected images of at least two classes in ${path} but got one class.\n${advice(path)}`,
  );
}

function advice(path: string): string {
  return `Put images into ${path}/CLASS/, or list them as \`path label\`.`;
}
