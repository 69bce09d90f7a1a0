import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCuda } from './find-cuda.mjs';
import { findLibtorch } from './find-libtorch.mjs';
import { findNccl } from './find-nccl.mjs';
import { hasOnednn } from './find-onednn.mjs';
import { make } from './make.mjs';
import { setupCommand } from './setup-command.mjs';

const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const ownBuild = join(packageRoot, 'build');
/** The path of the addon. */
export const target = join(ownBuild, 'torch.node');

/** The kernels that call oneDNN, which some installations lack. */
const onednnKernels = 'kernels/products/product.cc kernels/products/linear.cc';

/**
 * Whether the addon is there for this machine's libtorch and processor; does not look at its
 * sources.
 */
export function isBuilt() {
  return existsSync(target) && readStamp(ownBuild) === JSON.stringify(configure());
}

/**
 * Compiles the addon against the libtorch that is found, or does nothing when it is up to date.
 *
 * @param {object} [options]
 * @param {string} [options.build] folder to compile into
 * @param {string} [options.architecture] what kernels are compiled for, as `-march` names it; by
 *   default this processor
 * @param {(share: number) => void} [options.onProgress] takes the share of the files
 * @returns {Promise<boolean>} whether anything was compiled
 */
export function buildNative({ build = ownBuild, architecture, onProgress } = {}) {
  const configuration = configure(architecture);
  const { includes, libraries, version, cuda, nccl } = configuration;
  discardOtherBuild(build, JSON.stringify(configuration));
  const variables = [
    `BUILD=${build}`,
    `INCLUDES=${includes}`,
    `LIBRARIES=${libraries}`,
    `STANDARD=${standardOf(version)}`,
    `PROCESSOR=${architecture ?? 'native'}`,
    `LEFT_OUT=${libraries.includes('-ldnnl') ? '' : onednnKernels}`,
    ...(cuda ? [`NVCC=${cuda.compiler}`, `CUDA_ARCHITECTURE=${cuda.architecture}`] : []),
    ...(nccl ? ['NCCL=yes'] : []),
  ];
  return make(join(packageRoot, 'native'), [...variables, join(build, 'torch.node')], onProgress);
}

/** All that an addon depends on beside its sources: libtorch, other libraries, the processor. */
function configure(architecture) {
  const libtorch = findLibtorch();
  if (!libtorch) {
    throw new Error(`Expected libtorch but found none; run \`${setupCommand}\`, or set LIBTORCH.`);
  }
  const cuda = libtorch.cuda ? findCuda() : undefined;
  const nccl = libtorch.cuda ? findNccl(libtorch, cuda?.include) : undefined;
  const require = createRequire(import.meta.url);
  const headers = [
    dirname(require.resolve('node-addon-api')),
    require('node-api-headers').include_dir,
    ...libtorch.include,
    ...new Set([...(cuda ? [cuda.include] : []), ...(nccl ?? [])]),
  ];
  // -isystem keeps the warnings of other people's headers out of our build; /usr/include, which the
  // compiler searches anyway, would come before its own headers.
  const includes = headers
    .filter((path) => path !== '/usr/include')
    .map((path) => `-isystem ${path}`)
    .concat(hasOldStrings(libtorch) ? '-D_GLIBCXX_USE_CXX11_ABI=0' : [])
    .join(' ');
  const libraries = [
    `-L${libtorch.lib} -Wl,-rpath,${libtorch.lib}`,
    '-Wl,--no-as-needed -ltorch -ltorch_cpu -lc10',
    libtorch.cuda ? '-ltorch_cuda -lc10_cuda' : '',
    cuda ? cuda.runtime : '',
    hasOnednn(libtorch) ? '-ldnnl' : '',
  ].join(' ');
  // The kernels are compiled for one kind of processor.
  const processor = architecture ?? cpus()[0]?.model;
  return { includes, libraries, version: libtorch.version, processor, cuda, nccl };
}

/** The C++ that libtorch's headers are written in. */
function standardOf(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 10) ? 'c++20' : 'c++17';
}

/** Python's packages of libtorch before 2.7 have the strings of C++ before 2011. */
function hasOldStrings({ lib }) {
  const symbols = readFileSync(join(lib, 'libc10.so'), 'latin1');
  return !/_ZNK?3c10\w*St7__cxx11/.test(symbols);
}

/**
 * Objects compiled against another libtorch, or for another processor, must not be linked with
 * these.
 */
function discardOtherBuild(build, configuration) {
  mkdirSync(build, { recursive: true });
  const previous = readStamp(build);
  if (previous === configuration) return;
  if (previous !== undefined) {
    execFileSync('make', ['-C', join(packageRoot, 'native'), 'clean', `BUILD=${build}`]);
  }
  writeFileSync(stampOf(build), configuration);
}

function readStamp(build) {
  const stamp = stampOf(build);
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
}

function stampOf(build) {
  return join(build, 'configuration.json');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildNative();
  } catch (error) {
    process.stderr.write(`${error.output ?? error.message}\n`);
    process.exitCode = 1;
  }
}
