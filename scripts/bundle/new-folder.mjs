import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupError } from '../../packages/torch/scripts/setup/run.mjs';

/**
 * Lets `fill` work in a folder beside `path` and moves it there when it is whole, or the file whose
 * path `fill` gives.
 */
export async function inNewFolder(path, fill) {
  if (existsSync(path)) {
    throw new SetupError(`Expected a new path as \`--out\` but got ${path}, which exists.`);
  }
  const partial = `${path}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  try {
    mkdirSync(partial);
    const file = await fill(partial);
    renameSync(file ?? partial, path);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
