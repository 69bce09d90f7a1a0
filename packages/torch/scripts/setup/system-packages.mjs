import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { findLibtorch } from '../find-libtorch.mjs';
import { aptPrefix, missingPackages, requireLibtorch, runtimePackages } from './plan.mjs';
import { run, SetupError, step } from './run.mjs';

/** The language for commands whose output is read here. */
const plainEnglish = { LC_ALL: 'C' };

/**
 * libtorch, a fast BLAS beside the system's one, libjpeg-turbo, the compiler and make; for tests, a
 * browser.
 */
export async function provideSystemPackages({ forTests }) {
  const apt = isOnPath('apt-get') && isOnPath('dpkg-query');
  const packages = missingPackages({
    libtorch: locateLibtorch(),
    apt,
    openblas: apt && (await isInstalled('libopenblas0-openmp')),
    onednn: apt && (await isInstalled('libdnnl-dev')),
    jpeg: existsSync('/usr/include/jpeglib.h'),
    browser: !forTests || isOnPath('chromium'),
    missingTools: missingTools(),
  });
  if (packages.length > 0) await install(packages);

  const libtorch = locateLibtorch();
  if (!libtorch) {
    throw new SetupError(
      'Expected libtorch-dev to bring libtorch but its headers are not there; ' +
        'reinstall the package, or set LIBTORCH to a libtorch folder.',
    );
  }
  requireLibtorch(libtorch);
  if (apt && libtorch.source === 'system') warnOfSlowBlas(libtorch);
}

/** Installs the libraries that addons for Debian 12 run with, where apt offers them. */
export async function provideRuntimePackages() {
  const missing = [];
  for (const name of runtimePackages) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length > 0) await install(missing);
}

function locateLibtorch() {
  try {
    return findLibtorch();
  } catch (error) {
    throw new SetupError(error.message);
  }
}

/** The compiler may be another one, named as make knows it. */
function missingTools() {
  const compiler = process.env.CXX?.split(' ')[0] || 'g++';
  const missing = [];
  if (!isOnPath(compiler)) missing.push('g++');
  if (!isOnPath('make')) missing.push('make');
  return missing;
}

function isOnPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function isInstalled(name) {
  const { output } = await run('dpkg-query', ['--status', name], { environment: plainEnglish });
  return output.includes('\nStatus: install ok installed\n');
}

async function install(packages) {
  const prefix = aptPrefix(await administrator(), packages);
  const aptGet = (...args) => {
    const [command, ...rest] = [
      ...prefix,
      ...['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C'],
      ...['apt-get', '-o', 'DPkg::Lock::Timeout=120', ...args],
    ];
    return run(command, rest);
  };
  const tryInstall = () => aptGet('install', '-y', '--no-install-recommends', ...packages);

  await step(`installing ${packages.join(' ')} with apt`, async () => {
    let result = { succeeded: false, output: '' };
    if (await areKnown(packages)) result = await tryInstall();
    if (!result.succeeded) {
      // The package lists are missing or older than the archive.
      result = await aptGet('update');
      if (result.succeeded) result = await tryInstall();
    }
    if (!result.succeeded) {
      throw new SetupError(
        `apt could not install ${packages.join(' ')}; resolve what it says above and try again` +
          ', or set LIBTORCH to a libtorch folder.',
        { exitCode: 1, output: result.output },
      );
    }
  });
}

async function administrator() {
  if (process.getuid?.() === 0) return 'root';
  if (!isOnPath('sudo')) return 'none';
  return (await run('sudo', ['-n', 'true'])).succeeded ? 'sudo' : 'sudo with a password';
}

/** Whether apt's lists, as they are, offer every one of the packages. */
async function areKnown(packages) {
  const { output } = await run('apt-cache', ['policy', ...packages], { environment: plainEnglish });
  return (output.match(/Candidate: (?!\(none\))/g) ?? []).length === packages.length;
}

/** Several packages offer the same library; the alternatives system picks one, or the user did. */
function warnOfSlowBlas({ lib }) {
  const slow = ['libblas.so.3', 'liblapack.so.3', 'libopenblas.so.0'].filter((name) => {
    const link = join(lib, name);
    return existsSync(link) && !realpathSync(link).includes('openblas-openmp');
  });
  if (slow.length === 0) return;
  const choice = `${slow[0]}-${basename(lib)}`;
  process.stderr.write(
    `setup: ${slow.join(', ')} of this machine are not those of OpenBLAS with OpenMP, which suits ` +
      `libtorch best; \`update-alternatives --config ${choice}\` and so on changes it.\n`,
  );
}
