/**
 * A thread that decodes, crops, resizes and augments images into shared memory, one after the other.
 *
 * It has its own event loop and is told several batches ahead, so it goes on while the main thread is busy.
 */
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import type { Operation } from '../../images/augmentation/operations.js';
import {
  applyOperations,
  drawRandAugment,
  type RandAugmentOptions,
} from '../../images/augmentation/rand-augment.js';
import {
  evaluationCrop,
  type RandomCropOptions,
  randomResizedCrop,
  stretch,
} from '../../images/crop.js';
import { decodeBytes } from '../../images/decode.js';
import { decodeJpegRegion, jpegSize } from '../../images/jpeg-region.js';
import { resample, type Sampling, type Size } from '../../images/resize.js';
import { UnreadableImage } from '../../images/unreadable-image.js';
import { seededRandom } from '../../random.js';
import type { ImageLocation } from '../sources/image-set.js';
import { ImageReader } from '../sources/read-image.js';

interface RandomView extends RandomCropOptions {
  /** Probability of mirroring left to right. */
  readonly flip: number;
}

/** Evaluation, pre-training and fine-tuning, in this order. */
export type Transform =
  | { readonly kind: 'center-crop' }
  | ({ readonly kind: 'random-resized-crop' } & RandomView)
  | ({ readonly kind: 'augmented-crop'; readonly randAugment: RandAugmentOptions } & RandomView);

/** What stays the same for the life of the thread. */
export interface DecodeSettings {
  readonly output: Size;
  readonly transform: Transform;
  readonly seed: number;
  /** One int32: the current generation. Jobs of another generation are no longer wanted. */
  readonly generation: SharedArrayBuffer;
}

/** One thread's part of a batch. */
export interface DecodeJob {
  readonly id: number;
  readonly generation: number;
  readonly epoch: number;
  /** [images of the batch, height, width, 3] */
  readonly pixels: SharedArrayBuffer;
  readonly images: readonly {
    /** Place in the batch. */
    readonly slot: number;
    /** Place in the data set; decides the augmentation. */
    readonly index: number;
    readonly location: ImageLocation;
  }[];
}

export interface DecodeResult {
  readonly id: number;
  readonly unreadable: readonly { readonly slot: number; readonly reason: string }[];
}

async function decodeJob(
  job: DecodeJob,
  settings: DecodeSettings,
  reader: ImageReader,
): Promise<DecodeResult> {
  const { output } = settings;
  const generation = new Int32Array(settings.generation);
  const pixels = new Uint8Array(job.pixels);
  const unreadable: { slot: number; reason: string }[] = [];
  for (const { slot, index, location } of job.images) {
    if (Atomics.load(generation, 0) !== job.generation) break;
    try {
      const view = (image: Size) => viewOf(image, settings, [settings.seed, job.epoch, index]);
      const image = await viewImage(await reader.read(location), view, output);
      pixels.set(image, slot * output.height * output.width * 3);
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
      unreadable.push({ slot, reason: error.reason });
    }
  }
  return { id: job.id, unreadable };
}

/** What is shown of an image, and what happens to it then. */
interface View {
  readonly sampling: Sampling;
  readonly mirrored: boolean;
  readonly operations: readonly Operation[];
}

function viewOf(image: Size, settings: DecodeSettings, draws: readonly number[]): View {
  const { transform, output } = settings;
  switch (transform.kind) {
    case 'center-crop':
      return { sampling: evaluationCrop(image, output), mirrored: false, operations: [] };
    case 'random-resized-crop':
    case 'augmented-crop': {
      const random = seededRandom(...draws);
      const sampling = stretch(randomResizedCrop(image, transform, random), output);
      const mirrored = random() < transform.flip;
      const operations =
        transform.kind === 'augmented-crop' ? drawRandAugment(transform.randAugment, random) : [];
      return { sampling, mirrored, operations };
    }
  }
}

/** @returns [output.height, output.width, 3] */
async function viewImage(
  bytes: Buffer,
  view: (image: Size) => View,
  output: Size,
): Promise<Uint8Array> {
  const { image, sampling, mirrored, operations } =
    decodePart(bytes, view) ?? (await decodeAll(bytes, view));
  const pixels = resample(image, sampling);
  if (mirrored) mirror(pixels, output);
  return applyOperations({ ...output, data: pixels }, operations);
}

async function decodeAll(bytes: Buffer, view: (image: Size) => View) {
  const image = await decodeBytes(bytes);
  return { image, ...view(image) };
}

/** Undefined when a part of this file cannot be decoded alone. */
function decodePart(bytes: Buffer, view: (image: Size) => View) {
  const size = jpegSize(bytes);
  if (!size) return undefined;
  const part = view(size);
  const { source } = part.sampling;
  const image = decodeJpegRegion(bytes, source);
  const sampling = { ...part.sampling, source: { ...source, left: 0, top: 0 } };
  return image && { ...part, image, sampling };
}

/** Mirrors [height, width, 3] left to right, in place. */
function mirror(pixels: Uint8Array, { width, height }: Size): void {
  for (let row = 0; row < height; row++) {
    const line = pixels.subarray(row * width * 3, (row + 1) * width * 3).reverse();
    // The colours are reversed too now: blue, green, red.
    for (let blue = 0; blue < line.length; blue += 3) {
      const moved = line[blue] as number;
      line[blue] = line[blue + 2] as number;
      line[blue + 2] = moved;
    }
  }
}

/** Answers every job, in order. An error that is not the image's ends the thread, and the loader reports it. */
function serve(settings: DecodeSettings): void {
  // One thread per image: the number of workers says how many cores decoding takes.
  sharp.concurrency(1);
  sharp.cache(false);
  const reader = new ImageReader();
  let last = Promise.resolve();
  parentPort?.on('message', (job: DecodeJob) => {
    last = last.then(async () => parentPort?.postMessage(await decodeJob(job, settings, reader)));
  });
}

serve(workerData);
