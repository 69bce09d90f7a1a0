/**
 * A thread that decodes, crops, resizes and augments images into shared memory, one after the
 * other.
 *
 * It has its own event loop and gets several batches of work ahead, so it goes on while the main
 * thread is busy.
 */
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import type { Geometry } from '../../../images/geometry/geometry.js';
import type { Size } from '../../../images/geometry/resize.js';
import { UnreadableImage } from '../../../images/unreadable-image.js';
import type { ObjectsOfImage } from '../../objects/known-objects.js';
import type { SampleObjects } from '../../objects/sample-objects.js';
import type { ClassTable } from '../../segmentation/classes/class-table.js';
import type { ImageLocation } from '../../sources/image-set.js';
import { ImageReader } from '../../sources/read-image.js';
import { ofMask, type Sample, sampleOf, type WantedObjects } from '../views/sample.js';
import { type Transform, viewOf } from '../views/transform.js';

/** Settings of a decoding thread, fixed for its life. */
export interface DecodeSettings {
  readonly output: Size;
  readonly transform: Transform;
  readonly seed: number;
  /** Whether EXIF data turn images and masks. */
  readonly upright: boolean;
  /** The classes of the values of masks; undefined where there are no masks. */
  readonly classTable: ClassTable | undefined;
  /** The objects that samples get; undefined where there are none. */
  readonly wanted: WantedObjects | undefined;
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
  /** Classes of pixels as int32, laid out in the same way; undefined where there are no masks. */
  readonly classMaps: SharedArrayBuffer | undefined;
  readonly images: readonly {
    /** Place in the batch. */
    readonly slot: number;
    /** Place in the data set; decides the augmentation. */
    readonly index: number;
    readonly location: ImageLocation;
    /** The place of its mask. */
    readonly mask: ImageLocation | undefined;
    readonly objects: ObjectsOfImage | undefined;
  }[];
}

/** An image that could be read: all but its pixels, which lie in shared memory. */
export interface DecodedSample {
  /** Place in the batch. */
  readonly slot: number;
  readonly geometry: Geometry;
  readonly objects: SampleObjects | undefined;
}

export interface DecodeResult {
  readonly id: number;
  readonly samples: readonly DecodedSample[];
  readonly unreadable: readonly { readonly slot: number; readonly reason: string }[];
}

async function decodeJob(
  job: DecodeJob,
  settings: DecodeSettings,
  reader: ImageReader,
): Promise<DecodeResult> {
  const generation = new Int32Array(settings.generation);
  const samples: DecodeResult['samples'][number][] = [];
  const unreadable: DecodeResult['unreadable'][number][] = [];
  for (const { slot, index, location, mask, objects } of job.images) {
    if (Atomics.load(generation, 0) !== job.generation) break;
    try {
      const encoded = {
        image: await reader.read(location),
        mask: mask && (await ofMask(() => reader.read(mask))),
        objects,
      };
      const draws = [settings.seed, job.epoch, index];
      const sample = await sampleOf(encoded, settings, (size, classMap) =>
        viewOf(size, { ...settings, draws, classMap }),
      );
      write(sample, slot, job, settings.output);
      samples.push({ slot, geometry: sample.geometry, objects: sample.objects });
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
      unreadable.push({ slot, reason: error.reason });
    }
  }
  return { id: job.id, samples, unreadable };
}

function write(
  { pixels, classMap }: Sample,
  slot: number,
  job: DecodeJob,
  { width, height }: Size,
): void {
  new Uint8Array(job.pixels).set(pixels, slot * height * width * 3);
  if (!job.classMaps || !classMap) return;
  new Int32Array(job.classMaps).set(classMap, slot * height * width);
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
