/** The place of features that are kept, and the names in it; loads no libtorch. */
import { resolve } from 'node:path';

/**
 * Returns the default folder of a cache: `runs/first.features` for the run `runs/first`, and a
 * folder beside a weights file. It does not lie in the run, which is replaced as a whole.
 *
 * @param path a run directory, a checkpoint in it, or a file of weights
 */
export function defaultCache(path: string): string {
  const file = resolve(path);
  const run = /^(.*)\/checkpoints\/[^/]+(\/[^/]+)?$/.exec(file)?.[1];
  return `${run ?? file.replace(/\.(safetensors|pth|pt|bin|ckpt|tar)$/, '')}.features`;
}

/**
 * The paths in a cache: a folder for each encoder and preparation, and parts in it. A folder that
 * holds anything else is never deleted.
 */
export const cacheContents = /^[\da-f]{16}(\/[\da-f-]{36}\.safetensors(\.partial)?)?$/;
