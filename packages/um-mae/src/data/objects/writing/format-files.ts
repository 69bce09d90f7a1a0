/** The files of a set in a format that is written. */
import type { AnnotatedImage, Annotations } from '../annotations.js';

/** A part of a set as it is written: images have names that no other image of the set has. */
export interface WrittenPart extends Pick<Annotations, 'part' | 'classes'> {
  readonly images: readonly WrittenImage[];
}

/** An image, and the name of its file in the new set, without folders. */
export interface WrittenImage extends AnnotatedImage {
  readonly file: string;
}

/** The texts and the images of a new set. */
export interface FormatFiles {
  /** Texts by their paths in the new set. */
  readonly texts: ReadonlyMap<string, string>;
  /** The folder of the images of a part, in the new set. */
  folderOf(part: string | undefined): string;
}
