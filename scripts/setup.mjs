#!/usr/bin/env node
/**
 * Prepares a clone for use: system packages, npm packages, the addon, the compiled TypeScript.
 * `npm run demo` and `npm test` run it first. It does what is missing and is quick otherwise.
 * `--for-tests` brings the browser, too, in which tests look at the studio.
 */
import { requireNode } from '../packages/torch/scripts/setup/plan.mjs';
import { SetupError } from '../packages/torch/scripts/setup/run.mjs';

try {
  requireNode(process.versions.node);
  // Imported only now: an older Node may lack what these files use.
  const { provideSystemPackages } = await import(
    '../packages/torch/scripts/setup/system-packages.mjs'
  );
  const { provideNpmPackages } = await import('./setup/npm-packages.mjs');
  const { build } = await import('./setup/build.mjs');
  await provideSystemPackages({ forTests: process.argv.includes('--for-tests') });
  await provideNpmPackages();
  await build();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.output ? `${error.output}\n` : ''}setup: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
