/**
 * `um-mae/detect`: objects from what the graphs of an exported detector give, without libtorch: the
 * same in Node and in browsers.
 *
 * @module um-mae/detect
 */
export {
  type DetectOptions,
  type DetectorGraphs,
  detect,
  type SeenObject,
} from './detect.js';
export { type FindOptions, findObjects, type ScoredBoxes } from './find-objects.js';
export type { GraphArray, GraphArrays, RunGraph } from './graph-arrays.js';
export type { Candidates, Corners, DetectedObject, PictureSize, ShownPicture } from './objects.js';
export { type PastedMask, pasteMask, wholeMask } from './paste-mask.js';
export { fittedSize, type PreparedPicture, preparePicture } from './prepare-picture.js';
export {
  type LevelledRegions,
  type ProposalRule,
  proposedRegions,
  regionsByLevel,
} from './regions.js';
export { type GraphSession, sessionGraph, type TensorClass } from './session-graph.js';
export { type DetectorSettings, type DetectorUse, detectorSettings } from './settings.js';
export {
  type Decay,
  type SoftlyKept,
  type SoftRule,
  type SuppressionRule,
  suppress,
  suppressSoftly,
} from './suppression.js';
