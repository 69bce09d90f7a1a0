import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { make } from '@um-mae/torch/make';

const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Compiles the addon that decodes and resizes images, or does nothing when it is up to date.
 *
 * @param {object} options
 * @param {string} [options.build] folder to compile into
 * @param {string} [options.libraries] to link with instead of the system's libjpeg-turbo
 * @param {(share: number) => void} [options.onProgress] takes the share of the files
 * @returns {Promise<boolean>} whether anything was compiled
 */
export function buildNative({ build = join(packageRoot, 'build'), libraries, onProgress } = {}) {
  const require = createRequire(import.meta.url);
  const headers = [
    dirname(require.resolve('node-addon-api')),
    require('node-api-headers').include_dir,
  ];
  const variables = [
    `BUILD=${build}`,
    `INCLUDES=${headers.map((path) => `-isystem ${path}`).join(' ')}`,
    ...(libraries === undefined ? [] : [`JPEG=${libraries}`]),
  ];
  const target = join(build, 'pixels.node');
  return make(join(packageRoot, 'native'), [...variables, target], onProgress);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildNative();
  } catch (error) {
    process.stderr.write(`${error.output ?? error.message}\n`);
    process.exitCode = 1;
  }
}
