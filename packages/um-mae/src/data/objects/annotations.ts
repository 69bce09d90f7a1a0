/** Annotations of one part of a set, as a file or a folder of any format has them. */
import type { CocoBox } from '../../detection/run-lengths/run-lengths.js';
import type { Size } from '../../images/geometry/resize.js';
import type { ImageLocation } from '../sources/image-set.js';
import type { Remarks } from '../sources/remarks.js';
import type { Outline } from './known-objects.js';

/** An object as it is written, before anything is checked. */
export interface WrittenObject {
  /** The number in the file; undefined where the format has none. */
  readonly id: number | undefined;
  /** The place of its class among those of the annotations. */
  readonly label: number;
  readonly box: CocoBox;
  /** In square pixels; undefined where the format has none. */
  readonly area: number | undefined;
  readonly isCrowd: boolean;
  readonly outline: Outline | undefined;
}

/** An image, and the objects that are written of it. */
export interface AnnotatedImage {
  /** The number in the file; undefined where the format has none. */
  readonly id: number | undefined;
  /** The name of the image in its annotations, for messages. */
  readonly name: string;
  readonly location: ImageLocation;
  readonly size: Size;
  readonly objects: readonly WrittenObject[];
}

/** Annotations that were read. */
export interface Annotations {
  /** The file or the folder that a user named. */
  readonly path: string;
  /** The format, for people. */
  readonly title: string;
  /** The part of the set; undefined where it has none. */
  readonly part: string | undefined;
  /** Names of classes, by their numbers. */
  readonly classes: readonly string[];
  /** Images whose files are there. */
  readonly images: readonly AnnotatedImage[];
  /** Whether the format has outlines beside boxes, or may have them. */
  readonly hasOutlines: boolean;
  /** Notes on things left out while reading. */
  readonly remarks: Remarks;
}
