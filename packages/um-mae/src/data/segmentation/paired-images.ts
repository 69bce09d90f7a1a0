/** Images with masks, wherever they are kept. */
import type { ImageLocation, ImageSet } from '../sources/image-set.js';
import type { KnownSet } from './classes/known-classes.js';

/** The purpose of a set, which decides the part of it that is taken. */
export type Role = 'train' | 'val';

/** Images, each with a mask. */
export interface PairedImages {
  readonly path: string;
  /** The layout as people call it, and the part. */
  readonly title: string;
  readonly part: string | undefined;
  readonly known: KnownSet | undefined;
  readonly images: ImageSet;
  /** The place of the mask of an image. */
  maskOf(index: number): ImageLocation;
  readonly imagesAlone: readonly string[];
  readonly masksAlone: readonly string[];
  /** Names of the list of a part that no file has. */
  readonly missing: readonly string[];
  /** Files that are no images. */
  readonly ignored: number;
  /** Folders in which files of classes may lie, and the first of them that of the set. */
  readonly folders: readonly string[];
}
