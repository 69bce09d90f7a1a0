/** Features of a set of images, of which only those are computed that have never been. */
import { at } from '../../at.js';
import { pooledChannels } from '../../backbones/pooled-stages.js';
import type { ProcessGroup } from '../../data/loading/in-parts.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import { type ImageSet, nameOf } from '../../data/sources/image-set.js';
import {
  type FeatureBatch,
  type FeatureOptions,
  type ImageFeatures,
  joinRows,
  type SharedFeatureOptions,
} from '../extract-features.js';
import type { FrozenBackbone, Preparation } from '../frozen-backbone.js';
import { cacheFolder, FeatureCache } from './feature-cache.js';
import { imageDigests } from './image-digests.js';

export interface CachedFeatures extends ImageFeatures {
  /** The number of images that were not in the cache and had to be computed. */
  readonly computed: number;
}

interface CacheOptions extends SharedFeatureOptions {
  /** A folder. */
  readonly cache: string;
}

/**
 * Equal files are computed once. Files are compared by their bytes, so all of them are read.
 *
 * @returns of several processes, in the one that leads, which has the cache; in the others nothing
 * @throws UmMaeError when there is no such stage, or the view does not fit the image size
 */
export async function cachedFeatures(
  frozen: FrozenBackbone,
  images: ImageSet,
  options: CacheOptions & { readonly team: ProcessGroup | undefined },
): Promise<CachedFeatures | undefined>;
export async function cachedFeatures(
  frozen: FrozenBackbone,
  images: ImageSet,
  options: FeatureOptions & Pick<CacheOptions, 'cache'>,
): Promise<CachedFeatures>;
export async function cachedFeatures(
  frozen: FrozenBackbone,
  images: ImageSet,
  { cache, ...options }: CacheOptions,
): Promise<CachedFeatures | undefined> {
  const preparation = frozen.prepare(options);
  const leads = options.team?.leads !== false;
  const kept = leads ? await openCache(cache, frozen, preparation) : undefined;
  const { digests, unreadable } = await imageDigests(images, options);
  const missing = kept ? missingIn(kept, digests) : [];
  const added = await addMissing(frozen, { images, digests, kept, missing }, options);
  if (!kept) return undefined;
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

function openCache(
  cache: string,
  frozen: FrozenBackbone,
  preparation: Preparation,
): Promise<FeatureCache> {
  const all = { ...preparation, stages: [...frozen.channels.keys()] };
  const channels = pooledChannels(all, frozen.channels);
  return FeatureCache.open(cacheFolder(cache, frozen, preparation), channels);
}

/** The images whose digests are not known; of equal ones, the first. */
function missingIn(kept: FeatureCache, digests: readonly string[]): number[] {
  const first = new Map<string, number>();
  for (const [index, digest] of digests.entries()) {
    if (digest !== '' && !kept.get(digest) && !first.has(digest)) first.set(digest, index);
  }
  return [...first.values()];
}

/** The images of a set that are to be computed; the process that leads knows them. */
interface MissingImages {
  readonly images: ImageSet;
  readonly digests: readonly string[];
  readonly kept: FeatureCache | undefined;
  readonly missing: readonly number[];
}

/** Computes what is missing, and keeps it. */
async function addMissing(
  frozen: FrozenBackbone,
  { images, digests, kept, missing: known }: MissingImages,
  options: SharedFeatureOptions,
): Promise<{ computed: number; skipped: SkippedImage[] }> {
  const missing = options.team ? await options.team.gather(known) : known;
  const skipped: SkippedImage[] = [];
  if (missing.length === 0) return { computed: 0, skipped };
  const place = (index: number) => missing[index] as number;
  const subset: ImageSet = {
    ...images,
    count: missing.length,
    locate: (index) => images.locate(place(index)),
  };
  const stages = [...frozen.channels.keys()];
  const batches: Pick<FeatureBatch, 'part' | 'skipped'>[] = [];
  let computed = 0;
  try {
    for await (const batch of frozen.batches(subset, { ...options, stages })) {
      batches.push({ part: batch.part, skipped: batch.skipped });
      const channels = batch.rows.length / Math.max(1, batch.indices.length);
      for (const [row, index] of batch.indices.entries()) {
        const values = batch.rows.slice(row * channels, (row + 1) * channels);
        kept?.add(digests[place(index)] as string, values);
      }
      computed += batch.indices.length;
    }
  } finally {
    kept?.flush();
  }
  batches.sort((a, b) => a.part - b.part);
  skipped.push(...batches.flatMap((batch) => batch.skipped));
  return { computed, skipped };
}

/** Takes the requested stages out of a row of all stages, in the order of the request. */
function chosenStages(
  row: Float32Array,
  channels: readonly number[],
  { stages, pooling }: Preparation,
): Float32Array {
  const widths = channels.map((_, stage) => pooledChannels({ stages: [stage], pooling }, channels));
  const parts = stages.map((stage) => {
    const start = widths.slice(0, stage).reduce((sum, width) => sum + width, 0);
    return row.subarray(start, start + at(widths, stage));
  });
  const [only] = parts;
  if (only && parts.length === 1) return only;
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
