/** Mixed precision. */
export { type AutocastOptions, autocast } from './autocast.js';
export { GradScaler, type GradScalerOptions, type GradScalerState } from './grad-scaler.js';
