import type { Tensor } from '@um-mae/torch';

/** The objects that anchors or proposals have to find. */
export interface Assignment {
  /** [anchors] i64: 0 background, k > 0 object k - 1, -1 neither */
  readonly assigned: Tensor;
  /**
   * [anchors]: the overlap with the best object, -1 where there is none; 0 where no object is at
   * all
   */
  readonly overlaps: Tensor;
}
