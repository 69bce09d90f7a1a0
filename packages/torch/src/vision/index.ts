/**
 * Operators on boxes and regions: kernels of our own on the CPU, libtorch's operators elsewhere.
 *
 * @example
 * ```ts
 * import { ones, tensor } from '@um-mae/torch';
 * import { boxAreas, boxIntersections, boxOverlaps, nms, pasteMasks } from '@um-mae/torch/vision';
 * import { roiAlign, softNms } from '@um-mae/torch/vision';
 *
 * const boxes = tensor([[0, 0, 4, 4], [0, 0, 4, 3], [6, 6, 8, 8]]); // x1, y1, x2, y2
 * const scores = tensor([0.9, 0.8, 0.7]);
 * console.log(boxAreas(boxes).toArray().join(' ')); // 16 12 4
 * console.log(boxIntersections(boxes, boxes).at(0, 1).number()); // 12
 * console.log(boxOverlaps(boxes, boxes).at(0, 1).number()); // 0.75
 * console.log(nms(boxes, scores, { threshold: 0.5 }).toArray().join(' ')); // 0 2
 * console.log(softNms(boxes, scores).scores.elements); // 3
 *
 * const maps = [ones([1, 8, 16, 16])]; // [batch, channels, height, width] of each level
 * const regions = tensor([[0, 4, 4, 36, 36]]); // image, x1, y1, x2, y2
 * console.log(roiAlign(maps, regions, { bins: [7, 7], strides: [4] }).shape.join(' ')); // 1 8 7 7
 * const pasted = pasteMasks(ones([3, 28, 28]), boxes, { height: 8, width: 8, threshold: 0.5 });
 * console.log(pasted.to('i64').sum([1, 2]).toArray().join(' ')); // 16 12 4
 * ```
 *
 * @module @um-mae/torch/vision
 */
export { boxAreas, boxIntersections, boxOverlaps } from './box-overlaps.js';
export { type NmsOptions, nms } from './nms.js';
export { type PasteOptions, pasteMasks } from './paste-masks.js';
export { type RoiAlignOptions, roiAlign } from './roi-align.js';
export { type Decay, type SoftlyKept, type SoftNmsOptions, softNms } from './soft-nms.js';
