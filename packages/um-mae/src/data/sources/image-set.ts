/** The contract of image sets: images to learn from, wherever they are kept. */
import { createHash } from 'node:crypto';

export interface ImageSet {
  readonly count: number;
  /** Tells the set and its order from any other; a set that is moved as a whole keeps it. */
  readonly digest: string;
  /** Where an image is: plain data for the thread that reads it. */
  locate(index: number): ImageLocation;
  /** Number of the image's class, if the source tells. */
  labelOf(index: number): number | undefined;
}

export type ImageLocation =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'member';
      /** The tar archive. */
      readonly path: string;
      readonly name: string;
      /** Where the member's bytes begin in the archive, and how many they are. */
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

/** What an image is called in messages and lists. */
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

/** The images of all `sets`, one set after the other. */
export function joinSets(sets: readonly ImageSet[]): ImageSet {
  const [only] = sets;
  if (only && sets.length === 1) return only;
  const starts = [0];
  for (const { count } of sets) starts.push((starts.at(-1) as number) + count);
  const digest = createHash('sha256');
  for (const set of sets) digest.update(`${set.digest}\0`);

  /** The set that holds an image, and the image's place in it. */
  const find = (index: number): [ImageSet, number] => {
    let [low, high] = [0, sets.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= index) low = middle;
      else high = middle;
    }
    return [sets[low] as ImageSet, index - (starts[low] as number)];
  };
  return {
    count: starts.at(-1) as number,
    digest: digest.digest('hex'),
    locate(index) {
      const [set, place] = find(index);
      return set.locate(place);
    },
    labelOf(index) {
      const [set, place] = find(index);
      return set.labelOf(place);
    },
  };
}
