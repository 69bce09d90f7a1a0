export { requireNode } from './plan.mjs';
export { buildStep, SetupError } from './run.mjs';
export { provideSystemPackages } from './system-packages.mjs';
