/**
 * Operators on boxes and regions: kernels of our own on the CPU, libtorch's operators elsewhere.
 *
 * @module @um-mae/torch/vision
 */
export { boxAreas, boxIntersections, boxOverlaps } from './box-overlaps.js';
export { type NmsOptions, nms } from './nms.js';
export { type PasteOptions, pasteMasks } from './paste-masks.js';
export { type RoiAlignOptions, roiAlign } from './roi-align.js';
export { type Decay, type SoftlyKept, type SoftNmsOptions, softNms } from './soft-nms.js';
