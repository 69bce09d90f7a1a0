/**
 * Checks a set of images before training: unreadable, tiny, elongated and repeated images, and the
 * mean colour.
 */
import { at } from '../../at.js';
import type { Size } from '../../images/geometry/resize.js';
import { DecodeThread } from '../loading/threads/decode-thread.js';
import type { SkippedImage } from '../loading/unreadable.js';
import { type ImageSet, nameOf } from '../sources/image-set.js';
import type { ImageInspection, InspectJob, InspectResult } from './inspect-worker.js';

export interface CheckOptions {
  /** Threads that decode. */
  readonly workers: number;
  /** Images whose shorter side has fewer pixels are tiny. */
  readonly smallestSide: number;
  /** Images whose longer side is more times the shorter one are elongated. */
  readonly largestAspect: number;
  /** The size that annotations say; undefined where none do. Default: none do. */
  readonly sizeOf?: ((index: number) => Size | undefined) | undefined;
  /** Called with the number of images checked so far. */
  readonly onProgress?: (done: number) => void;
}

export interface ImageFinding {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

export interface CheckReport {
  readonly images: number;
  readonly unreadable: readonly SkippedImage[];
  readonly tiny: readonly ImageFinding[];
  readonly elongated: readonly ImageFinding[];
  /** Images of another size than their annotations say. */
  readonly otherSize: readonly ImageFinding[];
  /** Images that are nearly black all over: perhaps 12 bits that are stored as 16. */
  readonly dark: readonly string[];
  /** Images that are nearly of one level all over, and not dark. */
  readonly flat: readonly string[];
  /** Images of the same bytes, those of a group in their order. */
  readonly duplicates: readonly (readonly string[])[];
  /**
   * Over all pixels, every image weighing the same; red, green, blue from 0 to 1. Null without a
   * readable image.
   */
  readonly channels: {
    readonly mean: readonly number[];
    readonly std: readonly number[];
  } | null;
}

const imagesPerJob = 16;

/** The brightest level of an image that is dark; 12 bits that are read as 16 reach 15. */
const darkest = 16;

/** The range of levels below which nothing is to be seen. */
const flattest = 8;

/** Decodes every image of the set once. */
export async function checkImages(images: ImageSet, options: CheckOptions): Promise<CheckReport> {
  const { smallestSide, largestAspect } = options;
  const report = {
    images: images.count,
    unreadable: [] as SkippedImage[],
    tiny: [] as ImageFinding[],
    elongated: [] as ImageFinding[],
    otherSize: [] as ImageFinding[],
    dark: [] as string[],
    flat: [] as string[],
  };
  const sameBytes = new Map<string, number[]>();
  const moments = new Moments();
  const add = (inspection: ImageInspection, index: number) => {
    const path = nameOf(images.locate(index));
    if (inspection.kind === 'unreadable') {
      report.unreadable.push({ path, reason: inspection.reason });
      return;
    }
    const { width, height, hash, range } = inspection;
    const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
    if (shorter < smallestSide) report.tiny.push({ path, width, height });
    if (longer > largestAspect * shorter) report.elongated.push({ path, width, height });
    const known = options.sizeOf?.(index);
    if (known && (known.width !== width || known.height !== height)) {
      report.otherSize.push({ path, width, height });
    }
    const [low, high] = range;
    if (high <= darkest) report.dark.push(path);
    else if (high - low < flattest) report.flat.push(path);
    sameBytes.set(hash, [...(sameBytes.get(hash) ?? []), index]);
    moments.add(inspection.moments);
  };
  await inspectAll(images, options, add);
  const groups = [...sameBytes.values()].filter(({ length }) => length > 1);
  return {
    ...report,
    duplicates: groups.map((group) => group.map((index) => nameOf(images.locate(index)))),
    channels: moments.statistics(),
  };
}

/** Hands all images to threads, and what they find to `add`, in the order of the set. */
async function inspectAll(
  images: ImageSet,
  { workers, onProgress }: CheckOptions,
  add: (inspection: ImageInspection, index: number) => void,
): Promise<void> {
  const url = new URL('./inspect-worker.js', import.meta.url);
  const threads = Array.from(
    { length: workers },
    () => new DecodeThread<InspectJob, InspectResult>(url, undefined),
  );
  const ask = (thread: DecodeThread<InspectJob, InspectResult>, id: number) => {
    const first = id * imagesPerJob;
    const length = Math.min(imagesPerJob, images.count - first);
    const locations = Array.from({ length }, (_, i) => images.locate(first + i));
    return thread.run({ id, locations });
  };
  try {
    // Two jobs a thread: it has the next one when it is done.
    const pending: Promise<InspectResult>[] = [];
    const jobs = Math.ceil(images.count / imagesPerJob);
    for (let [next, done] = [0, 0]; done < jobs; done++) {
      for (; next < Math.min(jobs, done + 2 * workers); next++) {
        const result = ask(threads[next % workers] as (typeof threads)[number], next);
        // Awaited below, in order; until then a failure is not one that nobody handles.
        result.catch(() => {});
        pending.push(result);
      }
      const { inspections } = await (pending.shift() as Promise<InspectResult>);
      const first = done * imagesPerJob;
      for (const [i, inspection] of inspections.entries()) add(inspection, first + i);
      onProgress?.(first + inspections.length);
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

/** Means over images. */
class Moments {
  private readonly sums = [0, 0, 0, 0, 0, 0];
  private images = 0;

  add(moments: readonly number[]): void {
    for (const [i, moment] of moments.entries()) this.sums[i] = at(this.sums, i) + moment;
    this.images++;
  }

  statistics(): CheckReport['channels'] {
    if (this.images === 0) return null;
    const means = this.sums.map((sum) => sum / this.images);
    const mean = means.slice(0, 3);
    const squares = means.slice(3);
    return { mean, std: squares.map((square, i) => Math.sqrt(square - at(mean, i) ** 2)) };
  }
}
