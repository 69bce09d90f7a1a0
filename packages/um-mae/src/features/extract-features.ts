/** Features of images from a frozen backbone: what probes, neighbours and searches work on. */
import { setImmediate } from 'node:timers/promises';
import { fromArray, noGrad, scope, type Tensor, tensor } from '@um-mae/torch';
import type { Backbone } from '../backbones/backbone.js';
import { middleLoader } from '../data/loading/middle-loader.js';
import type { SkippedImage } from '../data/loading/unreadable.js';
import { fileSet } from '../data/sources/files.js';
import type { ImageSet } from '../data/sources/image-set.js';
import { type ImageSize, normaliseImages } from '../images/normalise.js';
import type { LabelledFeatures } from './labelled-features.js';
import { pooledFeatures, type View } from './pooling.js';

export interface FeatureOptions {
  /** Size that images are brought to: resized, and cropped to the middle. */
  readonly image: ImageSize;
  /** Stages whose features are joined, counted from 0. Default: the last one. */
  readonly stages?: readonly number[] | undefined;
  /** What the backbone sees of an image. Default `full`. */
  readonly view?: View | undefined;
  /** Images that are computed at once. Default 64. */
  readonly batchSize?: number | undefined;
  /** Decoding threads. Default 1. */
  readonly workers?: number | undefined;
  /** Where the backbone is. Default `cpu`. */
  readonly device?: string | undefined;
  /** Ends the work before the next batch, with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/** Features of the images of one batch that could be read. */
export interface FeatureBatch {
  /** [images, channels], a row after the other. */
  readonly rows: Float32Array;
  /** What the images are called. */
  readonly paths: readonly string[];
  /** Their places in the set. */
  readonly indices: readonly number[];
  readonly skipped: readonly SkippedImage[];
}

export interface ImageFeatures {
  /** f32 [images, channels], on the CPU. */
  readonly features: Tensor;
  /** The images, in their order; those that could not be read are left out. */
  readonly paths: readonly string[];
  /** Their places in the set. */
  readonly indices: readonly number[];
  readonly skipped: readonly SkippedImage[];
}

/**
 * One vector per image: the mean of a stage's feature map over all places, several stages one after the other.
 *
 * @param paths images, in the order that their features are wanted in
 */
export function extractFeatures(
  backbone: Backbone,
  paths: readonly string[],
  options: FeatureOptions,
): Promise<ImageFeatures> {
  return featuresOfSet(backbone, fileSet(paths), options);
}

/** `extractFeatures` of images wherever they are kept, in the order of their set. */
export async function featuresOfSet(
  backbone: Backbone,
  images: ImageSet,
  options: FeatureOptions,
): Promise<ImageFeatures> {
  const rows: Float32Array[] = [];
  const paths: string[] = [];
  const indices: number[] = [];
  const skipped: SkippedImage[] = [];
  for await (const batch of featureBatches(backbone, images, options)) {
    rows.push(batch.rows);
    paths.push(...batch.paths);
    indices.push(...batch.indices);
    skipped.push(...batch.skipped);
  }
  return { features: joinRows(rows, paths.length), paths, indices, skipped };
}

/** Features with the classes of the images; the caller disposes of both. */
export async function labelledFeatures(
  backbone: Backbone,
  images: ImageSet,
  options: FeatureOptions,
): Promise<LabelledFeatures> {
  const { features, indices } = await featuresOfSet(backbone, images, options);
  return { features, labels: labelsAt(images, indices) };
}

/** i64 [indices] */
export function labelsAt(images: ImageSet, indices: readonly number[]): Tensor {
  return tensor(
    indices.map((index) => images.labelOf(index) ?? -1),
    { dtype: 'i64' },
  );
}

/** `featuresOfSet` batch by batch: memory does not grow with the set. Tensors are freed before a batch is given. */
export async function* featureBatches(
  backbone: Backbone,
  images: ImageSet,
  options: FeatureOptions,
): AsyncGenerator<FeatureBatch, void, undefined> {
  const { image, stages, view, device = 'cpu', batchSize, workers, signal } = options;
  const loader = middleLoader(images, { image, batchSize, workers });
  const training = backbone.training;
  backbone.eval();
  const compute = (pixels: Uint8Array) =>
    scope(() => {
      const input = normaliseImages(pixels, image, device);
      const pooled = noGrad(() => pooledFeatures(backbone, input, { stages, view }));
      return pooled.toArray() as Float32Array;
    });
  try {
    for await (const { pixels, paths, indices, skipped } of loader.epoch(0)) {
      // Lets signals through when the next images are already there.
      await setImmediate();
      signal?.throwIfAborted();
      const rows = paths.length === 0 ? new Float32Array() : compute(pixels);
      yield { rows, paths, indices, skipped };
    }
  } finally {
    backbone.train(training);
    await loader.close();
  }
}

/** Rows one after the other, as f32 [images, channels]. */
export function joinRows(rows: readonly Float32Array[], images: number): Tensor {
  const values = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const row of rows) {
    values.set(row, at);
    at += row.length;
  }
  return fromArray(values, { shape: [images, values.length / Math.max(1, images)] });
}
