/**
 * A thread that decodes, crops, resizes and augments images into shared memory, one after the
 * other.
 *
 * It has its own event loop and gets several batches of work ahead, so it goes on while the main
 * thread is busy.
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
  fit,
  type RandomCropOptions,
  randomResizedCrop,
  stretch,
} from '../../images/crop.js';
import { decodeBytes } from '../../images/decode.js';
import type { Geometry } from '../../images/geometry.js';
import { decodeJpegRegion, jpegSize } from '../../images/jpeg-region.js';
import { type RgbImage, resample, type Size } from '../../images/resize.js';
import { UnreadableImage } from '../../images/unreadable-image.js';
import { seededRandom } from '../../random.js';
import type { ImageLocation } from '../sources/image-set.js';
import { ImageReader } from '../sources/read-image.js';

interface RandomView extends RandomCropOptions {
  /** Probability of mirroring left to right. */
  readonly flip: number;
}

/**
 * Evaluation, pre-training and fine-tuning, in this order; last the whole image, each in a size of
 * its own that `output` has room for.
 */
export type Transform =
  | { readonly kind: 'center-crop' }
  | ({ readonly kind: 'random-resized-crop' } & RandomView)
  | ({ readonly kind: 'augmented-crop'; readonly randAugment: RandAugmentOptions } & RandomView)
  | { readonly kind: 'whole' };

/** Settings of a decoding thread, fixed for its life. */
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
  /**
   * [images of the batch, height, width, 3]; a smaller image takes the first bytes of its place.
   */
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
  /** The places in memory and the geometries of the images that could be read. */
  readonly samples: readonly { readonly slot: number; readonly geometry: Geometry }[];
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
  const samples: DecodeResult['samples'][number][] = [];
  const unreadable: DecodeResult['unreadable'][number][] = [];
  for (const { slot, index, location } of job.images) {
    if (Atomics.load(generation, 0) !== job.generation) break;
    try {
      const view = (image: Size) => viewOf(image, settings, [settings.seed, job.epoch, index]);
      const { data, geometry } = await viewImage(await reader.read(location), view);
      pixels.set(data, slot * output.height * output.width * 3);
      samples.push({ slot, geometry });
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
      unreadable.push({ slot, reason: error.reason });
    }
  }
  return { id: job.id, samples, unreadable };
}

/** The geometry and the colour operations drawn for one sample. */
interface View {
  readonly geometry: Geometry;
  readonly operations: readonly Operation[];
}

function viewOf(image: Size, settings: DecodeSettings, draws: readonly number[]): View {
  const { transform, output } = settings;
  const still = { mirrored: false } as const;
  switch (transform.kind) {
    case 'center-crop':
      return { geometry: { sampling: evaluationCrop(image, output), ...still }, operations: [] };
    case 'whole':
      return { geometry: { sampling: fit(image, output), ...still }, operations: [] };
    case 'random-resized-crop':
    case 'augmented-crop': {
      const random = seededRandom(...draws);
      const sampling = stretch(randomResizedCrop(image, transform, random), output);
      const mirrored = random() < transform.flip;
      const operations =
        transform.kind === 'augmented-crop' ? drawRandAugment(transform.randAugment, random) : [];
      return { geometry: { sampling, mirrored }, operations };
    }
  }
}

/** An image as it is shown, and how it came to be. */
interface Sample {
  /** [height, width, 3] */
  readonly data: Uint8Array;
  readonly geometry: Geometry;
}

async function viewImage(bytes: Buffer, view: (image: Size) => View): Promise<Sample> {
  const { image, origin, geometry, operations } =
    decodePart(bytes, view) ?? (await decodeAll(bytes, view));
  const { sampling, mirrored } = geometry;
  const { left, top } = sampling.source;
  const source = { ...sampling.source, left: left - origin.left, top: top - origin.top };
  const pixels = resample(image, { ...sampling, source });
  if (mirrored) mirror(pixels, sampling.window);
  const { width, height } = sampling.window;
  return { data: applyOperations({ width, height, data: pixels }, operations), geometry };
}

/** An image, or a part of it, that has been decoded. */
interface DecodedView extends View {
  readonly image: RgbImage;
  /** The position of the top left corner of `image` in the whole image. */
  readonly origin: { readonly left: number; readonly top: number };
}

async function decodeAll(bytes: Buffer, view: (image: Size) => View): Promise<DecodedView> {
  const image = await decodeBytes(bytes);
  return { image, origin: { left: 0, top: 0 }, ...view(image) };
}

/** Undefined when a part of this file cannot be decoded alone. */
function decodePart(bytes: Buffer, view: (image: Size) => View): DecodedView | undefined {
  const size = jpegSize(bytes);
  if (!size) return undefined;
  const part = view(size);
  const { source } = part.geometry.sampling;
  const image = decodeJpegRegion(bytes, source);
  return image && { image, origin: source, ...part };
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

/**
 * Answers every job, in order. An error that is not the image's ends the thread, and the loader
 * reports it.
 */
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
