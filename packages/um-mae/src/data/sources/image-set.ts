/** The contract of image sets: images to learn from, wherever they are kept. */
import { createHash } from 'node:crypto';
import type { Targets } from '../targets.js';

export interface ImageSet {
  readonly count: number;
  /** The fingerprint of the set and its order. Moving the set as a whole does not change it. */
  readonly digest: string;
  /** Returns the location of an image, as plain data that can be sent to a thread. */
  locate(index: number): ImageLocation;
}

/** Images, and what the place that they are from knows of them. */
export interface ImageSource {
  readonly images: ImageSet;
  /** Numbers of the images' classes. */
  readonly labelOf: Targets<number>;
  /**
   * Names of the classes, in the order of their numbers; none when there are no classes, or only
   * numbers.
   */
  readonly classes: readonly string[];
}

export type ImageLocation =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'member';
      /** The tar archive. */
      readonly path: string;
      readonly name: string;
      /** The offset and length of the member's bytes in the archive. */
      readonly offset: number;
      readonly bytes: number;
    }
  | {
      readonly kind: 'row';
      /** The Parquet file. */
      readonly path: string;
      readonly column: string;
      readonly row: number;
    };

/** Returns the name of an image for messages and lists. */
export function nameOf(location: ImageLocation): string {
  switch (location.kind) {
    case 'file':
      return location.path;
    case 'member':
      return `${location.path}/${location.name}`;
    case 'row':
      return `${location.path}/${location.row}`;
  }
}

/**
 * The images of all `sources`, one source after the other. Only a single source knows its classes
 * by name: numbers of several need not mean the same.
 */
export function joinSources(sources: readonly ImageSource[]): ImageSource {
  const [only] = sources;
  if (only && sources.length === 1) return only;
  const starts = [0];
  for (const { images } of sources) starts.push((starts.at(-1) as number) + images.count);
  const digest = createHash('sha256');
  for (const { images } of sources) digest.update(`${images.digest}\0`);

  /** The source that holds an image, and the image's place in it. */
  const find = (index: number): [ImageSource, number] => {
    let [low, high] = [0, sources.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= index) low = middle;
      else high = middle;
    }
    return [sources[low] as ImageSource, index - (starts[low] as number)];
  };
  const images: ImageSet = {
    count: starts.at(-1) as number,
    digest: digest.digest('hex'),
    locate(index) {
      const [source, place] = find(index);
      return source.images.locate(place);
    },
  };
  const labelOf = (index: number) => {
    const [source, place] = find(index);
    return source.labelOf(place);
  };
  return { images, labelOf, classes: [] };
}
