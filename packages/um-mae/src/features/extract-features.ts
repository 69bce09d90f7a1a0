/** Features of images from a frozen backbone: what probes, neighbours and searches work on. */
import { fromArray, noGrad, scope, type Tensor } from '@um-mae/torch';
import type { Backbone } from '../backbones/backbone.js';
import { inParts, type PartOptions, type ProcessGroup, partOf } from '../data/loading/in-parts.js';
import { middleLoader } from '../data/loading/middle-loader.js';
import type { SkippedImage } from '../data/loading/unreadable.js';
import type { ImageSet } from '../data/sources/image-set.js';
import type { Size } from '../images/geometry/resize.js';
import { normaliseImages } from '../images/normalise.js';
import { type PoolingOptions, pooledFeatures } from './pooling.js';

/** Options of feature extraction that do not depend on the purpose. */
export interface FeatureOptions extends PoolingOptions, Pick<PartOptions, 'signal'> {
  /** Images that are computed at once. Default 64. */
  readonly batchSize?: number | undefined;
  /** Decoding threads. Default 1. */
  readonly workers?: number | undefined;
  /**
   * Called after each batch with the number of computed images and the number to compute; of
   * several processes in the one that leads.
   */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Options of feature extraction that several processes may share. */
export interface SharedFeatureOptions extends FeatureOptions, PartOptions {}

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
  /** The number of the part of the set, as processes share it; 0 for one alone. */
  readonly part: number;
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
 * One vector per image of a set, in its order: feature maps, pooled over all places, of several
 * stages one after the other.
 *
 * @returns of several processes, in the one that leads; in the others nothing
 */
export async function extractFeatures(
  source: FeatureSource,
  images: ImageSet,
  options: SharedFeatureOptions & { readonly team: ProcessGroup | undefined },
): Promise<ImageFeatures | undefined>;
export async function extractFeatures(
  source: FeatureSource,
  images: ImageSet,
  options?: FeatureOptions,
): Promise<ImageFeatures>;
export async function extractFeatures(
  source: FeatureSource,
  images: ImageSet,
  options: SharedFeatureOptions = {},
): Promise<ImageFeatures | undefined> {
  const batches: FeatureBatch[] = [];
  for await (const batch of featureBatches(source, images, options)) batches.push(batch);
  if (options.team?.leads === false) return undefined;
  batches.sort((a, b) => a.part - b.part);
  const paths = batches.flatMap((batch) => batch.paths);
  const rows = batches.map((batch) => batch.rows);
  return {
    features: joinRows(rows, paths.length),
    paths,
    indices: batches.flatMap((batch) => batch.indices),
    skipped: batches.flatMap((batch) => batch.skipped),
  };
}

/**
 * The features of `extractFeatures` batch by batch: memory does not grow with the set. Of several
 * processes, the one that leads has the batches of all, those of each part in their order.
 */
export async function* featureBatches(
  source: FeatureSource,
  images: ImageSet,
  options: SharedFeatureOptions = {},
): AsyncGenerator<FeatureBatch, void, undefined> {
  let done = 0;
  for await (const { part, item } of inParts(ownBatches(source, images, options), options)) {
    yield { part, ...item };
    done += item.paths.length + item.skipped.length;
    options.onProgress?.(done, images.count);
  }
}

/**
 * The batches of this process. Tensors are freed before a batch is given, and a backbone in training
 * goes on as it was.
 */
async function* ownBatches(
  { backbone, image, device }: FeatureSource,
  images: ImageSet,
  { stages, pooling, view, batchSize, workers, team }: SharedFeatureOptions,
): AsyncGenerator<Omit<FeatureBatch, 'part'>, void, undefined> {
  const loader = middleLoader(images, { image, batchSize, workers });
  const training = backbone.training;
  backbone.eval();
  const compute = (pixels: Uint8Array) =>
    scope(() => {
      const input = normaliseImages(pixels, image, device);
      const pooled = noGrad(() => pooledFeatures(backbone, input, { stages, pooling, view }));
      return pooled.toArray() as Float32Array;
    });
  try {
    for await (const batch of loader.epoch(0, partOf(loader.batches, team))) {
      const { pixels, paths, indices, skipped } = batch;
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
