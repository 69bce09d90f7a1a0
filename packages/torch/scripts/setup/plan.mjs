/** Decides what is missing and how to install it, as functions of facts. They touch nothing. */
import { SetupError } from './run.mjs';

const oldestNode = '20.17';
const oldestLibtorch = '1.13';

/**
 * Debian's libtorch, a fast BLAS that shares its OpenMP threads, and the headers of the oneDNN it
 * is linked with.
 */
const libtorchPackages = ['libtorch-dev', 'libopenblas0-openmp', 'libdnnl-dev'];

/** Debian packages with the libraries of addons that are compiled for Debian 12. */
export const runtimePackages = ['libtorch1.13', 'libopenblas0-openmp', 'libjpeg62-turbo'];

export function requireNode(version) {
  if (isOlder(version, oldestNode)) {
    throw new SetupError(`Expected Node ${oldestNode} or later but got ${version}.`);
  }
}

export function requireLibtorch({ version, root }) {
  if (isOlder(version, oldestLibtorch)) {
    throw new SetupError(
      `Expected libtorch ${oldestLibtorch} or later but got ${version} in ${root}; ` +
        'unpack a newer one and set LIBTORCH to its folder.',
    );
  }
}

function isOlder(version, oldest) {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldest.split('.').map(Number);
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}

/**
 * @param {object} facts
 * @param {{source: string} | undefined} facts.libtorch
 * @param {boolean} facts.apt whether this machine installs packages with apt
 * @param {boolean} facts.openblas whether Debian's OpenMP build of OpenBLAS is installed
 * @param {boolean} facts.onednn whether oneDNN's headers are installed; layers are slower without
 * @param {boolean} facts.jpeg whether the headers of libjpeg-turbo are installed; images load
 *   slower without
 * @param {boolean} facts.browser whether Chromium is installed, or not wanted; without apt, its
 *   tests are skipped
 * @param {string[]} facts.missingTools of the compiler and make
 * @returns {string[]} Debian packages to install
 */
export function missingPackages(facts) {
  const { libtorch, apt, openblas, onednn, jpeg, browser, missingTools } = facts;
  if (apt) {
    const common = [
      ...(jpeg ? [] : ['libjpeg-dev']),
      ...(browser ? [] : ['chromium']),
      ...missingTools,
    ];
    if (!libtorch) return [...libtorchPackages, ...common];
    // A libtorch that was brought along has its own BLAS and oneDNN.
    const missing = [
      ...(openblas ? [] : ['libopenblas0-openmp']),
      ...(onednn ? [] : ['libdnnl-dev']),
    ];
    return [...(libtorch.source === 'system' ? missing : []), ...common];
  }
  if (!libtorch) {
    throw new SetupError(
      'Expected libtorch but found none, and this machine has no apt to install it with; ' +
        'unpack one from pytorch.org and set LIBTORCH to its folder.',
    );
  }
  if (missingTools.length > 0) {
    throw new SetupError(
      `Expected ${missingTools.join(' and ')} on the PATH but found none; ` +
        'install a C++17 compiler and make.',
    );
  }
  return [];
}

/**
 * The words before `apt-get`, none for root.
 *
 * @param {'root' | 'sudo' | 'sudo with a password' | 'none'} administrator
 *   how this user may install packages
 */
export function aptPrefix(administrator, packages) {
  if (administrator === 'root') return [];
  if (administrator === 'sudo') return ['sudo', '-n'];
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const command =
    administrator === 'none'
      ? `su -c 'apt-get update && ${install}'`
      : `sudo apt-get update && sudo ${install}`;
  throw new SetupError(
    `Expected ${packages.join(', ')} to be installed; install what is missing with\n  ${command}`,
  );
}
