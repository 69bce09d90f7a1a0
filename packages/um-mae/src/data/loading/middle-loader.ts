/**
 * Images as they are measured: resized, cropped to the middle, each once, in the order of their
 * set.
 */

import type { Size } from '../../images/geometry/resize.js';
import type { ImageSet } from '../sources/image-set.js';
import { ImageLoader } from './loader.js';

export interface MiddleLoaderOptions {
  readonly image: Size;
  /** Images that are computed at once. Default 64. */
  readonly batchSize?: number | undefined;
  /** Decoding threads. Default 1. */
  readonly workers?: number | undefined;
}

/** @returns what the caller closes; its only epoch is number 0 */
export function middleLoader(
  images: ImageSet,
  { image, batchSize = 64, workers = 1 }: MiddleLoaderOptions,
): ImageLoader {
  return new ImageLoader({
    ...image,
    images,
    transform: { kind: 'center-crop' },
    batchSize: Math.min(batchSize, images.count),
    seed: 0,
    workers,
    shuffle: false,
  });
}
