/**
 * Checks for tests of models.
 *
 * @module @um-mae/torch/testing
 */
export { expectClose, type Tolerance } from './expect-close.js';
export { type GradcheckOptions, gradcheck } from './gradcheck.js';
