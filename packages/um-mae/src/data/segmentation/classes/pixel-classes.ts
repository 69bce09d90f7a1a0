/** The masks of a set of images, for whoever decodes them. */
import type { ImageLocation } from '../../sources/image-set.js';
import type { ClassTable } from './class-table.js';

/** Masks of all images of a set. */
export interface PixelClasses {
  /** Returns the location of the mask of an image. */
  locate(index: number): ImageLocation;
  readonly table: ClassTable;
  /** Whether EXIF data turn images and masks, as they usually do. */
  readonly upright: boolean;
}
