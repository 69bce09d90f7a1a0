/** Features of a set of images, of which only those are computed that have never been. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { at } from '../../at.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import { type ImageSet, nameOf } from '../../data/sources/image-set.js';
import { ImageReader } from '../../data/sources/read-image.js';
import { UnreadableImage } from '../../images/unreadable-image.js';
import { type FeatureOptions, type ImageFeatures, joinRows } from '../extract-features.js';
import type { FrozenBackbone, Preparation } from '../frozen-backbone.js';
import { cacheFolder, FeatureCache } from './feature-cache.js';

export interface CachedFeatures extends ImageFeatures {
  /** The number of images that were not in the cache and had to be computed. */
  readonly computed: number;
}

/**
 * Equal files are computed once. Files are compared by their bytes, so all of them are read.
 *
 * @param cache a folder
 * @throws UmMaeError when there is no such stage, or the view does not fit the image size
 */
export async function cachedFeatures(
  frozen: FrozenBackbone,
  images: ImageSet,
  { cache, ...options }: FeatureOptions & { readonly cache: string },
): Promise<CachedFeatures> {
  const preparation = frozen.prepare(options);
  const channels = frozen.channels.reduce((sum, count) => sum + count, 0);
  const kept = await FeatureCache.open(cacheFolder(cache, frozen, preparation), channels);
  const { digests, unreadable } = await digestImages(images, options.signal);
  const added = await addMissing(frozen, { images, digests, kept }, options);
  const indices = [...digests.keys()].filter((index) => kept.get(digests[index] ?? ''));
  const rows = indices.map((index) =>
    chosenStages(kept.get(digests[index] ?? '') as Float32Array, frozen.channels, preparation),
  );
  return {
    features: joinRows(rows, rows.length),
    paths: indices.map((index) => nameOf(images.locate(index))),
    indices,
    skipped: [...unreadable, ...added.skipped],
    computed: added.computed,
  };
}

/** SHA-256 of each image's bytes; nothing for those that cannot be read. */
async function digestImages(images: ImageSet, signal: AbortSignal | undefined) {
  const reader = new ImageReader();
  const digests: string[] = [];
  const unreadable: SkippedImage[] = [];
  for (let index = 0; index < images.count; index++) {
    const location = images.locate(index);
    try {
      const bytes = await reader.read(location);
      digests.push(createHash('sha256').update(bytes).digest('hex'));
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
      digests.push('');
      unreadable.push({ path: nameOf(location), reason: error.reason });
    }
    // Lets signals through.
    if (index % 256 === 0) await setImmediate();
    signal?.throwIfAborted();
  }
  return { digests, unreadable };
}

interface Known {
  readonly images: ImageSet;
  readonly digests: readonly string[];
  readonly kept: FeatureCache;
}

/** Computes every image whose digest is not known; of equal ones, the first. */
async function addMissing(
  frozen: FrozenBackbone,
  { images, digests, kept }: Known,
  options: FeatureOptions,
): Promise<{ computed: number; skipped: SkippedImage[] }> {
  const first = new Map<string, number>();
  for (const [index, digest] of digests.entries()) {
    if (digest !== '' && !kept.get(digest) && !first.has(digest)) first.set(digest, index);
  }
  const missing = [...first.values()];
  const skipped: SkippedImage[] = [];
  if (missing.length === 0) return { computed: 0, skipped };
  const place = (index: number) => missing[index] as number;
  const subset: ImageSet = {
    ...images,
    count: missing.length,
    locate: (index) => images.locate(place(index)),
  };
  const stages = [...frozen.channels.keys()];
  let computed = 0;
  try {
    for await (const batch of frozen.batches(subset, { ...options, stages })) {
      skipped.push(...batch.skipped);
      const channels = batch.rows.length / Math.max(1, batch.indices.length);
      for (const [row, index] of batch.indices.entries()) {
        const values = batch.rows.slice(row * channels, (row + 1) * channels);
        kept.add(digests[place(index)] as string, values);
      }
      computed += batch.indices.length;
    }
  } finally {
    kept.flush();
  }
  return { computed, skipped };
}

/** Takes the requested stages out of a row of all stages, in the order of the request. */
function chosenStages(
  row: Float32Array,
  channels: readonly number[],
  { stages }: Preparation,
): Float32Array {
  const parts = stages.map((stage) => {
    const start = channels.slice(0, stage).reduce((sum, count) => sum + count, 0);
    return row.subarray(start, start + at(channels, stage));
  });
  const [only] = parts;
  if (only && parts.length === 1) return only;
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
