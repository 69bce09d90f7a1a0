/**
 * Optimizers and what goes with them.
 *
 * @module @um-mae/torch/optim
 */
export { AdamW, type AdamWOptions, type ParameterGroup } from './adamw.js';
export { clipGradientNorm, gradientNorm } from './gradient-norm.js';
export { type RunningAverageOptions, updateAverage } from './running-average.js';
export { type WarmupCosineOptions, warmupCosine } from './warmup-cosine.js';
export { type WarmupPolyOptions, warmupPoly } from './warmup-poly.js';
