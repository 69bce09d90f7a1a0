/** Images with the facts known about each, as tasks are trained and evaluated on them. */
import type { ImageSet } from './sources/image-set.js';
import type { Targets } from './targets.js';

/** @template Known what is known of an image */
export interface KnownImages<Known = unknown> {
  readonly images: ImageSet;
  readonly targets: Targets<Known>;
}
