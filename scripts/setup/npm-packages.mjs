import { statSync } from 'node:fs';
import { join } from 'node:path';
import { run, SetupError, step } from '../../packages/torch/scripts/setup/run.mjs';
import { repository } from './repository.mjs';

/**
 * Installs as `npm ci` would, from package-lock.json and without changing it, but accepts a lock
 * that leaves out optional packages for other platforms.
 */
const command = [
  ...['install', '--no-save', '--include=dev', '--no-audit', '--no-fund'],
  // Its library for the CPU is in the package; what it would download is for CUDA.
  '--onnxruntime-node-install=skip',
];

/** The packages of package-lock.json, installed again only when it has changed. */
export async function provideNpmPackages() {
  const lockTime = changeTime('package-lock.json');
  // npm writes this file last, so an interrupted installation is not taken for a finished one.
  const installTime = changeTime('node_modules/.package-lock.json');
  if (!isInstallOutdated({ lockTime, installTime })) return;

  await step('installing npm packages', async () => {
    const { succeeded, output } = await run('npm', [...command, '--loglevel=error'], {
      folder: repository,
    });
    if (!succeeded) {
      throw new SetupError(
        'npm could not install the packages; resolve what it says above and try again.',
        { exitCode: 1, output },
      );
    }
  });
}

/**
 * @param {object} facts
 * @param {number | undefined} facts.lockTime when package-lock.json changed
 * @param {number | undefined} facts.installTime when npm last finished installing
 */
export function isInstallOutdated({ lockTime, installTime }) {
  return installTime === undefined || installTime < (lockTime ?? 0);
}

function changeTime(path) {
  return statSync(join(repository, path), { throwIfNoEntry: false })?.mtimeMs;
}
