/** Features of images from a frozen backbone: what probes, neighbours and searches work on. */
import { ok as assert } from 'node:assert';
import { cat, fromArray, noGrad, scope, type Tensor } from '@um-mae/torch';
import type { Backbone } from '../backbones/backbone.js';
import { ImageLoader } from '../data/loading/loader.js';
import type { SkippedImage } from '../data/loading/unreadable.js';
import { fileSet } from '../data/sources/files.js';
import type { ImageSet } from '../data/sources/image-set.js';
import { type ImageSize, normaliseImages } from './pixels.js';

export interface FeatureOptions {
  /** Size that images are brought to: resized, and cropped to the middle. */
  readonly image: ImageSize;
  /** Stages whose features are joined, counted from 0. Default: the last one. */
  readonly stages?: readonly number[];
  /** Images that are computed at once. Default 64. */
  readonly batchSize?: number;
  /** Decoding threads. Default 1. */
  readonly workers?: number;
  /** Where the backbone is. Default `cpu`. */
  readonly device?: string;
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
  const { image, stages = [backbone.channels.length - 1], device = 'cpu' } = options;
  const { batchSize = 64, workers = 1 } = options;
  const loader = new ImageLoader({
    ...image,
    images,
    transform: { kind: 'center-crop' },
    batchSize,
    seed: 0,
    workers,
    shuffle: false,
  });
  const training = backbone.training;
  backbone.eval();
  const rows: Float32Array[] = [];
  const paths: string[] = [];
  const indices: number[] = [];
  const skipped: SkippedImage[] = [];
  try {
    for await (const batch of loader.epoch(0)) {
      paths.push(...batch.paths);
      indices.push(...batch.indices);
      skipped.push(...batch.skipped);
      if (batch.paths.length === 0) continue;
      rows.push(
        scope(() => {
          const input = normaliseImages(batch.pixels, image, device);
          return noGrad(() => pooledFeatures(backbone, input, stages)).toArray() as Float32Array;
        }),
      );
    }
  } finally {
    backbone.train(training);
    await loader.close();
  }
  return { features: join(rows, paths.length), paths, indices, skipped };
}

/**
 * @param images f32 [batch, 3, height, width], normalised
 * @returns [batch, channels of all `stages` together]
 */
export function pooledFeatures(
  backbone: Backbone,
  images: Tensor,
  stages: readonly number[],
): Tensor {
  const maps = backbone.features(images);
  const pooled = stages.map((stage) => {
    const map = maps[stage];
    assert(map, `Expected stages out of 0 to ${maps.length - 1} but got ${stage}.`);
    return map.mean([1, 2]);
  });
  return cat(pooled, { dim: 1 });
}

function join(rows: readonly Float32Array[], images: number): Tensor {
  const values = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const row of rows) {
    values.set(row, at);
    at += row.length;
  }
  return fromArray(values, { shape: [images, values.length / Math.max(1, images)] });
}
