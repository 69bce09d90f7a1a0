import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prebuiltAddon } from '@um-mae/torch/prebuilt';
import {
  buildStep,
  provideRuntimePackages,
  provideSystemPackages,
  requireNode,
  SetupError,
} from '@um-mae/torch/setup';

const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Installs what the addons are compiled with, and compiles both, or installs what those run with that
 * are compiled already. Quick where nothing is missing.
 *
 * @param {object} [options]
 * @param {boolean} [options.compile] even where the package of compiled addons is installed
 */
export async function setUp({ compile = false } = {}) {
  requireNode(process.versions.node);
  if (!compile && prebuiltAddon('torch.node')) return provideRuntimePackages();
  await provideSystemPackages({ forTests: false });
  await buildAddons();
}

/** Compiles the addon that calls libtorch and the one for images, where they are out of date. */
export async function buildAddons() {
  if (/\s/.test(packageRoot)) {
    throw new SetupError(
      `Expected a path without spaces, which make needs, but got ${packageRoot}; move the folder.`,
    );
  }
  const torch = await import('@um-mae/torch/build-native');
  const images = await import('./build-native.mjs');
  await buildAddon('torch.node', {
    isFirst: !existsSync(torch.target),
    work: (onProgress) => torch.buildNative({ onProgress }),
  });
  await buildAddon('pixels.node', {
    isFirst: !existsSync(join(packageRoot, 'build/pixels.node')),
    work: (onProgress) => images.buildNative({ onProgress }),
  });
}

/** @param build as of `buildStep` */
async function buildAddon(file, build) {
  try {
    await buildStep(`compiling ${file}`, build);
  } catch (error) {
    throw new SetupError(`${file} did not compile; see what the compiler says above.`, {
      exitCode: 1,
      output: error.output ?? error.message,
    });
  }
}
