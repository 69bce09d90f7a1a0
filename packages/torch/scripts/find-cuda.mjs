import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * The architecture to compile kernels for if there is no GPU to ask: Hopper, and later ones by its
 * virtual code.
 */
const usualArchitecture = 'arch=compute_90,code=[sm_90,compute_90]';

/**
 * CUDA's compiler, in this order: below `CUDA_HOME`, on the path, in /usr/local/cuda; or nothing,
 * and then the addon has no kernels for GPUs.
 *
 * @returns {{compiler: string, include: string, runtime: string, architecture: string} | undefined}
 */
export function findCuda() {
  const compiler = compilers().find((path) => existsSync(path));
  if (!compiler) return undefined;
  const root = resolve(dirname(realpathSync(compiler)), '..');
  // A compiler on the path may be a script somewhere else.
  const include = [join(root, 'include'), '/usr/local/cuda/include'].find((folder) =>
    existsSync(join(folder, 'cuda_runtime_api.h')),
  );
  if (!include) return undefined;
  const library = ['lib64', 'targets/x86_64-linux/lib', 'lib']
    .map((name) => join(include, '..', name))
    .find((folder) => existsSync(join(folder, 'libcudart.so')));
  if (!library) return undefined;
  const runtime = `-L${library} -lcudart`;
  return { compiler, include, runtime, architecture: architecture() };
}

function compilers() {
  const folders = (process.env.PATH ?? '').split(':');
  const home = process.env.CUDA_HOME;
  return [
    ...(home ? [join(home, 'bin/nvcc')] : []),
    ...folders.map((folder) => join(folder, 'nvcc')),
    '/usr/local/cuda/bin/nvcc',
  ];
}

/** Returns the architecture of the first GPU of this machine. */
function architecture() {
  try {
    const found = execFileSync('nvidia-smi', ['--query-gpu=compute_cap', '--format=csv,noheader'], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    const [major, minor] = found.trim().split('\n')[0].split('.');
    const name = `${Number(major)}${Number(minor)}`;
    return `arch=compute_${name},code=sm_${name}`;
  } catch {
    return usualArchitecture;
  }
}
