import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Compiles the addon that decodes and resizes images, or does nothing when it is up to date.
 *
 * @param {object} options
 * @param {string} [options.build] folder to compile into
 * @param {string} [options.libraries] to link with instead of the system's libjpeg-turbo
 * @returns {boolean} whether anything was compiled
 */
export function buildNative({ build = join(packageRoot, 'build'), libraries } = {}) {
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
  const run = (...options) =>
    execFileSync('make', ['-C', join(packageRoot, 'native'), ...options, ...variables, target], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  try {
    run('--question');
    return false;
  } catch {
    run('-j4');
    return true;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildNative();
