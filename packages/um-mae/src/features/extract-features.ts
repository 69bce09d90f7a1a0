/** Features of images from a frozen backbone: what probes, neighbours and searches work on. */
import { setImmediate } from 'node:timers/promises';
import { fromArray, noGrad, scope, type Tensor } from '@um-mae/torch';
import type { Backbone } from '../backbones/backbone.js';
import { middleLoader } from '../data/loading/middle-loader.js';
import type { SkippedImage } from '../data/loading/unreadable.js';
import type { ImageSet } from '../data/sources/image-set.js';
import type { Size } from '../images/geometry/resize.js';
import { normaliseImages } from '../images/normalise.js';
import { type PoolingOptions, pooledFeatures } from './pooling.js';

/** Options of feature extraction that do not depend on the purpose. */
export interface FeatureOptions extends PoolingOptions {
  /** Images that are computed at once. Default 64. */
  readonly batchSize?: number | undefined;
  /** Decoding threads. Default 1. */
  readonly workers?: number | undefined;
  /**
   * Ends the work before the next batch, with the signal's reason as the error; what has been kept
   * stays.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with the number of computed images and the number to compute. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * A backbone, frozen or in training, with what it is given: the size of its images, and where it
 * is.
 */
export interface FeatureSource {
  readonly backbone: Backbone;
  /** Size that images are brought to: resized, and cropped to the middle. */
  readonly image: Size;
  readonly device: string;
}

/** Features of the images of one batch that could be read. */
export interface FeatureBatch {
  /** [images, channels], a row after the other. */
  readonly rows: Float32Array;
  /** The names of the images. */
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
 * One vector per image of a set, in its order: the mean of a stage's feature map over all places,
 * several stages one after the other.
 */
export async function extractFeatures(
  source: FeatureSource,
  images: ImageSet,
  options: FeatureOptions = {},
): Promise<ImageFeatures> {
  const rows: Float32Array[] = [];
  const paths: string[] = [];
  const indices: number[] = [];
  const skipped: SkippedImage[] = [];
  for await (const batch of featureBatches(source, images, options)) {
    rows.push(batch.rows);
    paths.push(...batch.paths);
    indices.push(...batch.indices);
    skipped.push(...batch.skipped);
  }
  return { features: joinRows(rows, paths.length), paths, indices, skipped };
}

/**
 * The features of `extractFeatures` batch by batch: memory does not grow with the set. Tensors are
 * freed before a batch is given, and a backbone in training goes on as it was.
 */
export async function* featureBatches(
  { backbone, image, device }: FeatureSource,
  images: ImageSet,
  { stages, view, batchSize, workers, signal, onProgress }: FeatureOptions = {},
): AsyncGenerator<FeatureBatch, void, undefined> {
  const loader = middleLoader(images, { image, batchSize, workers });
  const training = backbone.training;
  backbone.eval();
  const compute = (pixels: Uint8Array) =>
    scope(() => {
      const input = normaliseImages(pixels, image, device);
      const pooled = noGrad(() => pooledFeatures(backbone, input, { stages, view }));
      return pooled.toArray() as Float32Array;
    });
  let done = 0;
  try {
    for await (const { pixels, paths, indices, skipped } of loader.epoch(0)) {
      // Lets signals through when the next images are already there.
      await setImmediate();
      signal?.throwIfAborted();
      const rows = paths.length === 0 ? new Float32Array() : compute(pixels);
      yield { rows, paths, indices, skipped };
      done += paths.length + skipped.length;
      onProgress?.(done, images.count);
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
