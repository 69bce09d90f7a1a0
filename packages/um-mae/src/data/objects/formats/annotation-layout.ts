/** The place and the format of the annotations of a set, before they are read. */
import type { Annotations } from '../annotations.js';

/** A set of annotated images, in a format that was recognised. */
export interface AnnotationLayout {
  /** The format, for people. */
  readonly title: string;
  readonly parts: readonly AnnotationPart[];
}

/** A part of a set: for training, for validation, or all of it. */
export interface AnnotationPart {
  /** The name of the part; undefined where the set has none. */
  readonly name: string | undefined;
  /** @throws DataError when it cannot be read, or has no image */
  open(): Promise<Annotations>;
}

/** Choices of a user about annotations. */
export interface AnnotationOptions {
  /**
   * A part of the name of the files to take, where a part of a set has several files of
   * annotations, such as `super`. Default: those of the shortest names.
   */
  readonly annotations?: string | null | undefined;
  /** The folder that names of images start from. Default: where the images are found. */
  readonly root?: string | null | undefined;
  /** Patterns of files and folders to leave out. Default: none. */
  readonly exclude?: readonly string[] | undefined;
}
