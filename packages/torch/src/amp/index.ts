/**
 * Mixed precision.
 *
 * @module @um-mae/torch/amp
 */
export { type AutocastOptions, autocast } from './autocast.js';
export { GradScaler, type GradScalerOptions, type GradScalerState } from './grad-scaler.js';
