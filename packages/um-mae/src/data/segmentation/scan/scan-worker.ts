/** A thread that looks at images and masks. */
import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';
import { UnreadableImage } from '../../../images/unreadable-image.js';
import type { ImageLocation } from '../../sources/image-set.js';
import { ImageReader } from '../../sources/read-image.js';
import { type PairScan, scanPair } from './scan.js';

/** Pairs for a thread to look at. */
export interface ScanJob {
  readonly id: number;
  readonly pairs: readonly { readonly image: ImageLocation; readonly mask: ImageLocation }[];
}

/** Findings of a thread, one for each pair. */
export interface ScanResult {
  readonly id: number;
  readonly scans: readonly PairScan[];
}

async function scan(
  { image, mask }: ScanJob['pairs'][number],
  reader: ImageReader,
): Promise<PairScan> {
  let file: 'image' | 'mask' = 'image';
  try {
    const bytes = await reader.read(image);
    file = 'mask';
    return await scanPair(bytes, await reader.read(mask));
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return { kind: 'unreadable', file, reason: error.reason };
  }
}

function serve(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  const reader = new ImageReader();
  parentPort?.on('message', async ({ id, pairs }: ScanJob) => {
    const scans: PairScan[] = [];
    for (const pair of pairs) scans.push(await scan(pair, reader));
    parentPort?.postMessage({ id, scans } satisfies ScanResult);
  });
}

serve();
