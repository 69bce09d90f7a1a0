/** A thread that decodes images and measures them. */
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';
import { decodeBytes } from '../../images/decode.js';
import type { RgbImage } from '../../images/geometry/resize.js';
import { UnreadableImage } from '../../images/unreadable-image.js';
import type { ImageLocation } from '../sources/image-set.js';
import { ImageReader } from '../sources/read-image.js';

export interface InspectJob {
  readonly id: number;
  readonly locations: readonly ImageLocation[];
}

export interface InspectResult {
  readonly id: number;
  /** One for each location. */
  readonly inspections: readonly ImageInspection[];
}

export type ImageInspection =
  | { readonly kind: 'unreadable'; readonly reason: string }
  | {
      readonly kind: 'image';
      readonly width: number;
      readonly height: number;
      /** Equal for equal files. */
      readonly hash: string;
      /** Means of red, green and blue, then of their squares, with 1 for the brightest. */
      readonly moments: readonly number[];
      /** The darkest and the brightest level of all colours, from 0 to 255. */
      readonly range: readonly [number, number];
    };

async function inspect(location: ImageLocation, reader: ImageReader): Promise<ImageInspection> {
  try {
    const bytes = await reader.read(location);
    const hash = createHash('sha256').update(bytes).digest('base64');
    const image = await decodeBytes(bytes);
    const { width, height } = image;
    return { kind: 'image', width, height, hash, moments: momentsOf(image), range: rangeOf(image) };
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return { kind: 'unreadable', reason: error.reason };
  }
}

function rangeOf({ data }: RgbImage): [number, number] {
  let [low, high] = [255, 0];
  for (const level of data) {
    if (level < low) low = level;
    if (level > high) high = level;
  }
  return [low, high];
}

function momentsOf({ data }: RgbImage): number[] {
  const sums = [0, 0, 0, 0, 0, 0];
  for (let channel = 0; channel < 3; channel++) {
    let [sum, squares] = [0, 0];
    for (let i = channel; i < data.length; i += 3) {
      const level = data[i] as number;
      sum += level;
      squares += level * level;
    }
    sums[channel] = sum / 255;
    sums[channel + 3] = squares / 255 ** 2;
  }
  return sums.map((sum) => sum / (data.length / 3));
}

function serve(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  const reader = new ImageReader();
  parentPort?.on('message', async ({ id, locations }: InspectJob) => {
    const inspections: ImageInspection[] = [];
    for (const location of locations) inspections.push(await inspect(location, reader));
    parentPort?.postMessage({ id, inspections } satisfies InspectResult);
  });
}

serve();
