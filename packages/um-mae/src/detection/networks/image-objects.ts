import type { Tensor } from '@um-mae/torch';
import type { PictureSize } from '../boxes/corners.js';

/** One image of a batch, and the objects that are in it. */
export interface ImageObjects {
  /** [objects, 4] as x1, y1, x2, y2 in pixels of the resized image */
  readonly boxes: Tensor;
  /** [objects] i64, from 0 */
  readonly labels: Tensor;
  /** The resized image without padding. */
  readonly size: PictureSize;
  /** The resized image with its own padding, not that of its batch. */
  readonly padded: PictureSize;
}

/** An image whose objects may have outlines. */
export interface OutlinedObjects extends ImageObjects {
  /** [objects, height, width] of the padded image, 0 or 1; needed where masks are learnt. */
  readonly masks?: Tensor | undefined;
  /**
   * [rows, columns] i64: the class of every eighth pixel of the padded image, 255 without one;
   * needed where a semantic branch learns.
   */
  readonly stuff?: Tensor | undefined;
}
