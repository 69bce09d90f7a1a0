/** What draws for a batch need to know of it. */
import type { Size } from '../pixels/resize.js';

export interface BatchShape extends Size {
  readonly images: number;
}
