/** Measures how fast images are read, decoded, cropped and resized. */

import { ImageLoader, type ImageLoaderOptions } from '../data/loading/loader.js';
import type { ImageSet } from '../data/sources/image-set.js';
import type { RandomCropOptions } from '../images/geometry/crop.js';
import { resample } from '../images/geometry/resize.js';
import { type Random, seededRandom } from '../random.js';

export interface LoaderBenchmarkOptions
  extends Partial<Pick<ImageLoaderOptions, 'transform' | 'pixelClasses' | 'objects'>> {
  readonly images: ImageSet;
  /** Side of what comes out, in pixels. */
  readonly size: number;
  readonly workers: number;
  /** Images that count; as many go before them. */
  readonly counted: number;
  /** Processor time of all threads so far. */
  readonly processorSeconds: () => number;
}

export interface LoaderSpeed {
  readonly imagesPerSecond: number;
  /** Images for each second of one processor: what a core does that nobody else needs. */
  readonly imagesPerProcessorSecond: number;
}

/** The crop of pre-training. */
const benchmarkCrop: RandomCropOptions = { area: [0.2, 1], aspect: [3 / 4, 4 / 3] };

const batchSize = 32;

/** Visits the images in order, again and again, with other crops each time. */
export async function benchmarkLoader(options: LoaderBenchmarkOptions): Promise<LoaderSpeed> {
  const { images, pixelClasses, objects, size, workers, processorSeconds } = options;
  const { transform = { kind: 'random-resized-crop', ...benchmarkCrop, flip: 0.5 } } = options;
  const batches = Math.ceil(options.counted / batchSize);
  const loader = new ImageLoader({
    images: {
      ...images,
      // The clock starts with the batch in the middle.
      count: (2 * batches + 1) * batchSize,
      locate: (index) => images.locate(index % images.count),
    },
    pixelClasses: pixelClasses && {
      ...pixelClasses,
      locate: (index) => pixelClasses.locate(index % images.count),
    },
    objects: objects && { ...objects, of: (index) => objects.of(index % images.count) },
    height: size,
    width: size,
    transform,
    batchSize,
    seed: 0,
    workers,
    shuffle: false,
  });
  try {
    let [startMs, startProcessor, done, seen] = [0, 0, 0, 0];
    for await (const { indices } of loader.epoch(0)) {
      if (done === batches) [startMs, startProcessor] = [performance.now(), processorSeconds()];
      if (done++ > batches) seen += indices.length;
    }
    return {
      imagesPerSecond: (1000 * seen) / (performance.now() - startMs),
      imagesPerProcessorSecond: seen / (processorSeconds() - startProcessor),
    };
  } finally {
    await loader.close();
  }
}

/** Images as those of ADE20K mostly are. */
export const largePhotos = { count: 16, width: 683, height: 512 };

/**
 * Octaves of noise, each half as strong as the one of twice its size, as in photographs; RGB bytes.
 */
export function photoLike(seed: number, width: number, height: number): Uint8Array {
  const random = seededRandom(seed);
  const levels = new Float32Array(width * height * 3).fill(128);
  for (let cell = 128, strength = 1; cell >= 1; cell /= 2, strength *= 0.62) {
    addOctave(levels, { width, height, cell, strength }, random);
  }
  return Uint8Array.from(levels, (level) => Math.max(0, Math.min(255, level)));
}

function addOctave(
  levels: Float32Array,
  octave: { width: number; height: number; cell: number; strength: number },
  random: Random,
): void {
  const { width, height, cell, strength } = octave;
  const coarse = { width: Math.ceil(width / cell), height: Math.ceil(height / cell) };
  const data = new Uint8Array(coarse.width * coarse.height * 3);
  for (let pixel = 0; pixel < data.length; pixel += 3) {
    // Brightness varies more than colour.
    const light = 256 * random();
    for (let channel = 0; channel < 3; channel++) {
      data[pixel + channel] = 0.8 * light + 51 * random();
    }
  }
  const source = { left: 0, top: 0, ...coarse };
  const window = { left: 0, top: 0, width, height };
  const fine = resample({ ...coarse, data }, { source, width, height, window });
  fine.forEach((level, i) => {
    levels[i] = (levels[i] as number) + strength * (level - 128);
  });
}
