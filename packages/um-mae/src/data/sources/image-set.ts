/** The contract of image sets: images to learn from, wherever they are kept. */
import { createHash } from 'node:crypto';
import { at } from '../../at.js';
import { shownPath } from '../../files/file-names.js';
import { type SourceLabels, sourceAt } from '../labels/source-labels.js';
import type { Remark } from './remarks.js';

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
  readonly labels: SourceLabels;
  /** Notes on things passed over, and on choices where the source can be read in two ways. */
  readonly remarks: readonly Remark[];
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
      return shownPath(location.path);
    case 'member':
      return `${shownPath(location.path)}/${location.name}`;
    case 'row':
      return `${shownPath(location.path)}/${location.row}`;
  }
}

/** The images of all `sources`, one source after the other. */
export function joinImages(sources: readonly ImageSet[]): ImageSet {
  const [only] = sources;
  if (only && sources.length === 1) return only;
  const starts = [0];
  for (const { count } of sources) starts.push(at(starts, -1) + count);
  const digest = createHash('sha256');
  for (const images of sources) digest.update(`${images.digest}\0`);
  return {
    count: at(starts, -1),
    digest: digest.digest('hex'),
    locate(index) {
      const place = sourceAt(starts, index);
      return at(sources, place).locate(index - at(starts, place));
    },
  };
}

/** The places of at most so many images of a set, at equal distances. */
export function spacedPlaces(count: number, most: number): number[] {
  const places = Math.min(count, most);
  return Array.from({ length: places }, (_, i) => Math.floor((i * count) / places));
}
