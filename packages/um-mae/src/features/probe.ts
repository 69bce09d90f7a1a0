/** How well a frozen encoder's features tell classes apart: nearest neighbours and a linear probe. */
import { scope } from '@um-mae/torch';
import { openTrainingImages } from '../data/classified-images.js';
import type { SkippedImage } from '../data/loading/unreadable.js';
import type { ImageSet } from '../data/sources/image-set.js';
import { DataError } from '../errors.js';
import { type CachedFeatures, cachedFeatures, type ExtractionOptions } from './cached-features.js';
import { labelsAt } from './extract-features.js';
import type { FrozenBackbone, Preparation } from './frozen-backbone.js';
import type { LabelledFeatures } from './labelled-features.js';
import { scoreFeatures } from './probe-scores.js';

export interface ProbeOptions extends ExtractionOptions {
  /** What probes learn from, and where the strength of the linear probe's penalty is chosen. */
  readonly train: string;
  /** What they are measured on; no choice sees it. */
  readonly val: string;
  /** Folder that relative paths in lists begin at: the list's own unless told otherwise. */
  readonly root?: string | undefined;
  /** Folder of features that have been computed before. */
  readonly cache: string;
}

export interface ProbeReport extends Preparation {
  /** That were measured, unreadable ones not counted. */
  readonly images: { readonly train: number; readonly val: number };
  readonly classes: number;
  /** Of a feature vector. */
  readonly channels: number;
  /** Share of the val images that their 20 nearest neighbours in train classify right. */
  readonly neighbours: number;
  /** Share of the val images that the linear probe classifies right. */
  readonly linearProbe: number;
  /** Features that were not in the cache. */
  readonly computed: number;
  readonly skipped: readonly SkippedImage[];
}

/**
 * @throws DataError when the images are of no use: see `openTrainingImages`; or a class has fewer than two to learn from
 * @throws UmMaeError when there is no such stage, or the view does not fit the image size
 */
export async function probe(frozen: FrozenBackbone, options: ProbeOptions): Promise<ProbeReport> {
  const preparation = frozen.prepare(options);
  const { train, val, classes } = await openTrainingImages(options);
  checkClassSizes(train.labels, classes, options.train);
  const known = await cachedFeatures(frozen, train.images, options);
  const unseen = await cachedFeatures(frozen, val.images, options);
  if (unseen.paths.length === 0) {
    throw new DataError(`Expected images that can be read in ${options.val} but got none.`);
  }
  const scores = scope(() =>
    scoreFeatures(labelled(known, train.images), labelled(unseen, val.images)),
  );
  const channels = known.features.shape[1] ?? 0;
  for (const { features } of [known, unseen]) features.dispose();
  return {
    ...preparation,
    ...scores,
    images: { train: known.paths.length, val: unseen.paths.length },
    classes: classes.length,
    channels,
    computed: known.computed + unseen.computed,
    skipped: [...known.skipped, ...unseen.skipped],
  };
}

function labelled({ features, indices }: CachedFeatures, images: ImageSet): LabelledFeatures {
  return { features, labels: labelsAt(images, indices) };
}

/** Before anything is computed: the penalty is chosen on images of every class that the fit has not seen. */
function checkClassSizes(labels: Int32Array, classes: readonly string[], path: string): void {
  const sizes = classes.map(() => 0);
  for (const label of labels) sizes[label] = (sizes[label] ?? 0) + 1;
  const single = sizes.indexOf(1);
  if (single < 0) return;
  throw new DataError(
    `Expected at least two images of each class in ${path} but got one of \`${classes[single]}\`.`,
  );
}
