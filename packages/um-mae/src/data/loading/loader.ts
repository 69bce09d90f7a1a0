/**
 * Batches of decoded, augmented images, prepared by threads ahead of the trainer.
 *
 * Order and augmentation depend on (seed, epoch, place in the data set) only: not on the number of
 * threads, nor on the batch an epoch is entered at.
 */
import assert from 'node:assert/strict';
import { DataError } from '../../errors.js';
import { stretch } from '../../images/geometry/crop.js';
import type { Geometry } from '../../images/geometry/geometry.js';
import type { Size } from '../../images/geometry/resize.js';
import { epochOrder } from '../../random.js';
import type { ObjectsOfImage } from '../objects/known-objects.js';
import type { SampleObjects } from '../objects/sample-objects.js';
import type { PixelClasses } from '../segmentation/classes/pixel-classes.js';
import { type ImageLocation, type ImageSet, nameOf } from '../sources/image-set.js';
import type { Targets } from '../targets.js';
import { groupedOrder } from './grouped-order.js';
import type { BatchRange } from './in-parts.js';
import { BatchMemory } from './threads/batch-memory.js';
import { DecodeThread } from './threads/decode-thread.js';
import type {
  DecodedSample,
  DecodeJob,
  DecodeResult,
  DecodeSettings,
} from './threads/decode-worker.js';
import type { SkippedImage } from './unreadable.js';
import type { WantedObjects } from './views/sample.js';
import type { Transform } from './views/transform.js';

/**
 * The part of every batch that one of several processes takes; all parts together are the batch.
 */
export interface BatchShare {
  /** Number of the process, from 0. */
  readonly rank: number;
  /** The number of shares. */
  readonly of: number;
}

/** @template Known the type of an image's target */
export interface ImageLoaderOptions<Known = unknown> {
  readonly images: ImageSet;
  /** The targets that come with the batches. Default: none. */
  readonly targets?: Targets<Known>;
  /** Masks, from which batches get the class of every pixel. Default: none. */
  readonly pixelClasses?: PixelClasses | undefined;
  /** Objects that batches get, moved like their images. Default: none. */
  readonly objects?: LoadedObjects | undefined;
  /**
   * Sides of batches are multiples of this, and smaller images are padded with the mean colour.
   * Default: as large as the largest image of each, padded with zeros.
   */
  readonly sideMultiple?: number | undefined;
  /** The group of an image: batches of a shuffled epoch hold one group, as far as these last. */
  readonly groupOf?: ((index: number) => number) | undefined;
  /**
   * The size of all images, or, where the transform gives each its own, a size of as many pixels as
   * the largest has.
   */
  readonly height: number;
  readonly width: number;
  readonly transform: Transform;
  readonly batchSize: number;
  /** The share of every batch to load. Default: all of it. */
  readonly share?: BatchShare | undefined;
  readonly seed: number;
  /**
   * Decoding threads, each of which keeps one core busy. They share libuv's pool for reading and
   * unpacking files: beyond about eight, set UV_THREADPOOL_SIZE to their number when the program
   * starts.
   */
  readonly workers: number;
  /** Leave out the images that do not fill a batch. */
  readonly dropLast?: boolean;
  /** Visit the images in another order in every epoch. */
  readonly shuffle?: boolean;
}

/** Objects in images, and the part of them that batches get. */
export interface LoadedObjects {
  of(index: number): ObjectsOfImage;
  readonly wanted: WantedObjects;
}

export interface ImageBatch<Known = unknown> {
  /**
   * [batch, height, width, 3]. Images of different sizes lie at the top left, with zeros below and
   * to the right, in a size that all have room in. The next batch overwrites these bytes: copy what
   * is to be kept.
   */
  readonly pixels: Uint8Array;
  /**
   * The class of every pixel, or `ignoredClass`, which lies below and to the right of smaller
   * images, too: [batch, height, width]. Undefined where the set has no masks. The next batch
   * overwrites it.
   */
  readonly classMaps: Int32Array | undefined;
  /** The objects in every image, in its pixels; empty where none are wanted. */
  readonly objects: readonly SampleObjects[];
  /** Height and width of `pixels`. */
  readonly size: Size;
  /** The size of every image itself. */
  readonly sizes: Size[];
  /**
   * The crop, size and flip of every image, to be applied to its targets as well; the last of them
   * where a transform takes several steps.
   */
  readonly geometries: Geometry[];
  /** The target of every image. */
  readonly targets: (Known | undefined)[];
  /** Places in the data set, one per image of `pixels`. */
  readonly indices: number[];
  /** The names of the images, for messages. */
  readonly paths: string[];
  /**
   * Images of this batch that could not be read: they are missing from it, and it may even be
   * empty.
   */
  readonly skipped: SkippedImage[];
}

/** A batch of images of one size that no loader has made. */
export function batchOf<Known>(
  pixels: Uint8Array,
  size: Size,
  targets: (Known | undefined)[] = [],
): Omit<ImageBatch<Known>, 'paths' | 'skipped'> {
  const images = pixels.length / (size.height * size.width * 3);
  const indices = Array.from({ length: images }, (_, index) => index);
  const sampling = stretch({ left: 0, top: 0, ...size }, size);
  return {
    pixels,
    classMaps: undefined,
    objects: [],
    size,
    sizes: indices.map(() => size),
    geometries: indices.map(() => ({ sampling, mirrored: false })),
    targets: indices.map((index) => targets[index]),
    indices,
  };
}

/** Batches that are prepared while one is in use. */
const prefetch = 2;

/** A batch that is being prepared. */
interface Request {
  readonly indices: number[];
  readonly locations: ImageLocation[];
  readonly memory: BatchMemory;
  readonly results: Promise<PromiseSettledResult<DecodeResult>[]>;
}

/** @template Known the type of an image's target */
export class ImageLoader<Known = unknown> {
  /** Batches of one epoch. */
  readonly batches: number;

  private readonly threads: DecodeThread<DecodeJob, DecodeResult>[];
  /** One for the batch in use, and one for each that is prepared meanwhile. */
  private readonly memories: BatchMemory[];
  /** Raised when an epoch ends, so that threads drop what is left of it. */
  private readonly generation = new SharedArrayBuffer(4);
  private jobs = 0;
  private busy = false;

  constructor(private readonly options: ImageLoaderOptions<Known>) {
    const { images, height, width, transform, batchSize, seed } = options;
    const { workers, dropLast = false } = options;
    assert(workers >= 1, `Expected at least one decoding thread but got ${workers}.`);
    const batches = images.count / batchSize;
    this.batches = dropLast ? Math.floor(batches) : Math.ceil(batches);
    if (this.batches === 0) {
      throw new DataError(
        `Expected at least one batch of ${batchSize} images but got ${images.count} in all.\nAdd images or lower --batch-size.`,
      );
    }
    const { of } = options.share ?? { of: 1 };
    const places = Math.ceil(Math.min(batchSize, images.count) / of);
    const output = { width, height };
    const layers = {
      hasClassMaps: options.pixelClasses !== undefined,
      multiple: options.sideMultiple,
    };
    this.memories = Array.from(
      { length: prefetch + 1 },
      () => new BatchMemory(places, output, layers),
    );
    const settings: DecodeSettings = {
      output,
      transform,
      seed,
      upright: options.pixelClasses?.upright ?? true,
      classTable: options.pixelClasses?.table,
      wanted: options.objects?.wanted,
      generation: this.generation,
    };
    const module = new URL('./threads/decode-worker.js', import.meta.url);
    this.threads = Array.from({ length: workers }, () => new DecodeThread(module, settings));
  }

  /** The batches of an epoch, from batch `start` to before batch `end`. One epoch at a time. */
  async *epoch(
    epoch: number,
    { start = 0, end = this.batches }: Partial<BatchRange> = {},
  ): AsyncGenerator<ImageBatch<Known>, void, undefined> {
    assert(!this.busy, 'Expected one epoch at a time but the previous one has not ended.');
    this.busy = true;
    const order = this.order(epoch);
    const requests: Request[] = [];
    try {
      for (let batch = start, requested = start; batch < end; batch++) {
        const ahead = Math.min(batch + prefetch, end - 1);
        while (requested <= ahead) requests.push(this.request(order, epoch, requested++));
        yield await this.receive(requests.shift() as Request);
      }
    } finally {
      Atomics.add(new Int32Array(this.generation), 0, 1);
      await Promise.all(requests.map(({ results }) => results));
      this.busy = false;
    }
  }

  /** Ends the threads; an epoch that waits for a batch fails. */
  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }

  private order(epoch: number): Uint32Array {
    const { images, seed, shuffle = true, groupOf, batchSize } = this.options;
    if (!shuffle) return Uint32Array.from({ length: images.count }, (_, index) => index);
    const order = epochOrder(images.count, seed, epoch);
    return groupOf ? groupedOrder(order, { groupOf, batchSize, draws: [seed, epoch] }) : order;
  }

  /** Hands every thread its share of a batch. */
  private request(order: Uint32Array, epoch: number, batch: number): Request {
    const { images, pixelClasses, objects, batchSize, share = { rank: 0, of: 1 } } = this.options;
    const all = order.subarray(batch * batchSize, (batch + 1) * batchSize);
    const edge = (rank: number) => Math.ceil((all.length * rank) / share.of);
    const indices = [...all.subarray(edge(share.rank), edge(share.rank + 1))];
    const locations = indices.map((index) => images.locate(index));
    const places = locations.map((location, slot) => ({
      slot,
      index: indices[slot] as number,
      location,
      mask: pixelClasses?.locate(indices[slot] as number),
      objects: objects?.of(indices[slot] as number),
    }));
    const memory = this.memories[batch % this.memories.length] as BatchMemory;
    const { pixels, classMaps } = memory;
    const generation = Atomics.load(new Int32Array(this.generation), 0);
    const id = this.jobs++;
    const results = this.threads.map((thread, worker) => {
      const part = places.filter(({ slot }) => slot % this.threads.length === worker);
      return thread.run({ id, generation, epoch, pixels, classMaps, images: part });
    });
    return { indices, locations, memory, results: Promise.allSettled(results) };
  }

  /** Waits for a batch and closes the gaps of unreadable images. */
  private async receive(request: Request): Promise<ImageBatch<Known>> {
    const { indices, locations, memory, results } = request;
    const { targets, transform, width, height } = this.options;
    const samples = new Map<number, DecodedSample>();
    const reasons = new Map<number, string>();
    for (const result of await results) {
      if (result.status === 'rejected') throw result.reason;
      for (const sample of result.value.samples) samples.set(sample.slot, sample);
      for (const { slot, reason } of result.value.unreadable) reasons.set(slot, reason);
    }
    const kept = indices.map((_, slot) => slot).filter((slot) => !reasons.has(slot));
    const pathOf = (slot: number) => nameOf(locations[slot] as ImageLocation);
    const shown = kept.map((slot) => samples.get(slot) as DecodedSample);
    const sizes = shown.map(
      ({
        geometry: {
          sampling: { window },
        },
      }) => ({
        width: window.width,
        height: window.height,
      }),
    );
    // Threads have filled the places of these, whatever the size of the image.
    const filled = transform.kind === 'scaled-crop' ? sizes.map(() => ({ width, height })) : sizes;
    const places = kept.map((slot) => indices[slot] as number);
    return {
      ...memory.take(kept, filled),
      sizes,
      objects: shown.flatMap(({ objects }) => objects ?? []),
      geometries: shown.map(({ geometry }) => geometry),
      targets: places.map((index) => targets?.(index)),
      indices: places,
      paths: kept.map(pathOf),
      skipped: [...reasons]
        .sort(([a], [b]) => a - b)
        .map(([slot, reason]) => ({ path: pathOf(slot), reason })),
    };
  }
}
