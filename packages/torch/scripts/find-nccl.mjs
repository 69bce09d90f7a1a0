import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Headers that libtorch's own of NCCL includes; each lies in one of the folders below. */
const needed = ['nccl.h', 'cuda_runtime_api.h', 'cublas_v2.h', 'cusparse.h', 'cusolverDn.h'];

/**
 * Finds the headers that a libtorch with NCCL needs: those of CUDA's toolkit, of the system, and of
 * Python's packages beside that of libtorch.
 *
 * @param {{root: string}} libtorch one with CUDA
 * @param {string} [toolkit] the folder of the toolkit's headers
 * @returns {string[] | undefined} folders that hold them all, or nothing where one is missing
 */
export function findNccl({ root }, toolkit) {
  const packages = resolve(root, '../nvidia');
  const beside = existsSync(packages)
    ? readdirSync(packages).map((name) => join(packages, name, 'include'))
    : [];
  const folders = [...(toolkit ? [toolkit] : []), ...beside];
  const used = needed.map((header) =>
    [...folders, '/usr/include'].find((folder) => existsSync(join(folder, header))),
  );
  if (used.includes(undefined)) return undefined;
  return [...new Set(used)];
}
