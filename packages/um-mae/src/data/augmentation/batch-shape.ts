/** What draws for a batch need to know of it. */
import type { Size } from '../../images/resize.js';

export interface BatchShape extends Size {
  readonly images: number;
}
