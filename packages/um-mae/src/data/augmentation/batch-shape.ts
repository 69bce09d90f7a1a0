/** The number and size of the images of a batch, which random draws for it depend on. */
import type { Size } from '../../images/resize.js';

export interface BatchShape extends Size {
  readonly images: number;
}
