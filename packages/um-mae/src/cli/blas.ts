/** Finds the library that computes matrix products: some are ten times slower than others. */
import { existsSync, readFileSync } from 'node:fs';
import { engine } from '@um-mae/torch';

export interface Blas {
  readonly name: string;
  /** A warning about a slow library, if there is one. */
  readonly warning?: string;
}

const openmp = 'install libopenblas0-openmp (apt), or choose it with update-alternatives.';

/** Read off the libraries that this process has loaded; Linux only. */
export function findBlas(): Blas {
  const { configuration } = engine();
  if (/BLAS_INFO=mkl/i.test(configuration)) return { name: 'MKL' };
  return blasAmong(loadedLibraries());
}

/** Returns the folder of the libtorch that this process has loaded, if it can be found. */
export function libtorchFolder(): string | undefined {
  const library = loadedLibraries().find((path) => path.includes('/libtorch_cpu.'));
  return library?.slice(0, library.lastIndexOf('/'));
}

/** @param libraries paths of shared libraries */
export function blasAmong(libraries: readonly string[]): Blas {
  const paths = libraries.filter((path) => /blas/i.test(path));
  const has = (pattern: RegExp) => paths.some((path) => pattern.test(path));
  if (has(/openblas-openmp/)) return { name: 'OpenBLAS with OpenMP' };
  if (has(/openblas-pthread/)) {
    const warning = `OpenBLAS runs threads of its own, which compete with those of libtorch; ${openmp}`;
    return { name: 'OpenBLAS with its own threads', warning };
  }
  if (has(/openblas/)) return { name: 'OpenBLAS' };
  if (has(/\/libblas\.so/)) {
    const warning = `Matrix products use the reference BLAS, which is many times slower; ${openmp}`;
    return { name: 'the reference BLAS', warning };
  }
  return { name: 'built into libtorch' };
}

function loadedLibraries(): string[] {
  const maps = '/proc/self/maps';
  if (!existsSync(maps)) return [];
  const paths = readFileSync(maps, 'utf8').matchAll(/\s(\/\S+\.so\S*)$/gm);
  return [...new Set([...paths].map(([, path = '']) => path))];
}
