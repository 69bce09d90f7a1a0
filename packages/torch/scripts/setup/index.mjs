export { requireNode } from './plan.mjs';
export { buildStep, SetupError } from './run.mjs';
export { provideRuntimePackages, provideSystemPackages } from './system-packages.mjs';
