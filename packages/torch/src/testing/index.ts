/** Checks for tests of models. */
export { expectClose, type Tolerance } from './expect-close.js';
export { type GradcheckOptions, gradcheck } from './gradcheck.js';
