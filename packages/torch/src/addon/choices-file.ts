/**
 * Names the file that keeps which way of products is the fastest: one for each kind of machine and
 * its libraries.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Processor } from './processor.js';

/** Libraries that compute products of matrices; an empty text for what is not loaded. */
export interface ProductLibraries {
  /** OpenBLAS tells its version and the options that it was built with. */
  readonly openblas: string;
  /** For which processor the kernels were written that OpenBLAS uses. */
  readonly openblasKernels: string;
  /** The version of oneDNN. */
  readonly onednn: string;
  /** The instructions that oneDNN uses at most, by its number for them; 0 without oneDNN. */
  readonly onednnInstructions: number;
}

/**
 * The path of the file, in the user's cache. `XDG_CACHE_HOME` moves that cache, `UM_MAE_CACHE` our
 * part of it alone. The addon makes the folder when it first writes.
 */
export function choicesFileOf(libraries: ProductLibraries, { model }: Processor): string {
  const { openblas, openblasKernels, onednn, onednnInstructions } = libraries;
  const version = /\d[\d.]*/.exec(openblas)?.[0] ?? 'none';
  const parts = [
    model,
    `onednn ${onednn} ${onednnInstructions}`,
    `openblas ${version} ${openblasKernels}`,
  ];
  const name = parts
    .join(' ')
    .trim()
    .replace(/[^\w.]+/g, '-');
  const userCache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const cache = process.env.UM_MAE_CACHE || join(userCache, 'um-mae');
  return join(cache, 'products', `${name}.txt`);
}
