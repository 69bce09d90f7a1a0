/** Scans all images and masks of a set, in threads, and only once while they do not change. */
import { at } from '../../../at.js';
import { DecodeThread } from '../../loading/threads/decode-thread.js';
import type { PairedImages } from '../paired-images.js';
import type { PairScan } from './scan.js';
import { ScanCache } from './scan-cache.js';
import type { ScanJob, ScanResult } from './scan-worker.js';

/** The way a set is looked at. */
export interface ScanOptions {
  /** Threads. */
  readonly workers: number;
  /** Is called with the number of pairs so far. */
  readonly onProgress?: ((done: number, pairs: number) => void) | undefined;
}

const pairsPerJob = 16;

/** @returns a finding for each pair, in their order */
export async function scanPairs(set: PairedImages, options: ScanOptions): Promise<PairScan[]> {
  const cache = ScanCache.open(at(set.folders, 0));
  const scans: (PairScan | undefined)[] = [];
  const places = Array.from({ length: set.images.count }, (_, index) => ({
    image: set.images.locate(index),
    mask: set.maskOf(index),
  }));
  for (const { image, mask } of places) scans.push(cache.get(image, mask));
  const missing = places.flatMap((place, index) => (scans[index] ? [] : [{ ...place, index }]));
  await scanInThreads(missing, options, (scan, place) => {
    const { image, mask, index } = at(missing, place);
    scans[index] = scan;
    cache.add(image, mask, scan);
  });
  await cache.close();
  return scans.flatMap((scan) => (scan ? [scan] : []));
}

async function scanInThreads(
  pairs: ScanJob['pairs'],
  { workers, onProgress }: ScanOptions,
  add: (scan: PairScan, place: number) => void,
): Promise<void> {
  const jobs = Math.ceil(pairs.length / pairsPerJob);
  const url = new URL('./scan-worker.js', import.meta.url);
  const threads = Array.from(
    { length: Math.min(workers, jobs) },
    () => new DecodeThread<ScanJob, ScanResult>(url, undefined),
  );
  let next = 0;
  let done = 0;
  const work = async (thread: DecodeThread<ScanJob, ScanResult>) => {
    while (next < jobs) {
      const id = next++;
      const first = id * pairsPerJob;
      const part = pairs.slice(first, first + pairsPerJob);
      const { scans } = await thread.run({
        id,
        pairs: part.map(({ image, mask }) => ({ image, mask })),
      });
      for (const [i, scan] of scans.entries()) add(scan, first + i);
      done += scans.length;
      onProgress?.(done, pairs.length);
    }
  };
  try {
    await Promise.all(threads.map(work));
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}
