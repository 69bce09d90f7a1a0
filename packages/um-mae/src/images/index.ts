/**
 * `um-mae/pixels`: what becomes of an image before a model is shown it. Runs in browsers, too.
 *
 * @module um-mae/pixels
 */
export { evaluationCrop, stretch } from './geometry/crop.js';
export { type Scale, scaledSize } from './geometry/resampling.js';
export { type Box, type RgbImage, resample, type Sampling, type Size } from './geometry/resize.js';
