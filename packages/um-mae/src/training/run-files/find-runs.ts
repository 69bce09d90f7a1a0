/** Finds runs in folders. */
import { opendir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { RunDirectory } from './run-directory.js';

/** Folders below the searched one that may lie around a run. */
const deepest = 4;
/** The largest number of folders to search, so that even a studio of `/` starts. */
const mostFolders = 5000;

/**
 * Finds the runs in a folder and below it; links are not followed.
 *
 * @returns paths below `root`, `.` for itself
 *
 * @example
 * ```ts
 * import { findRuns } from 'um-mae/runs';
 *
 * console.log(await findRuns('runs/photos')); // [ '.' ]
 * ```
 */
export async function findRuns(root: string): Promise<string[]> {
  const found: string[] = [];
  let level = [root];
  let seen = 0;
  for (let depth = 0; depth <= deepest && level.length > 0; depth++) {
    const next: string[] = [];
    for (const path of level) {
      if (seen++ > mostFolders) return found;
      if (await isRun(path)) found.push(relative(root, path) || '.');
      else next.push(...(await foldersIn(path)));
    }
    level = next;
  }
  return found.sort();
}

/**
 * Whether a folder is a run.
 *
 * @example
 * ```ts
 * import { isRun } from 'um-mae/runs';
 *
 * console.log(await isRun('runs/photos'), await isRun('runs')); // true false
 * ```
 */
export async function isRun(path: string): Promise<boolean> {
  const recipe = await stat(new RunDirectory(path).recipe).catch(() => undefined);
  return recipe?.isFile() ?? false;
}

async function foldersIn(path: string): Promise<string[]> {
  const folders: string[] = [];
  try {
    for await (const entry of await opendir(path)) {
      if (!entry.isDirectory() || entry.name.startsWith('.') || entry.name === 'node_modules')
        continue;
      folders.push(join(path, entry.name));
    }
  } catch {
    // Not permitted, or gone in the meantime: there is no run to be shown in it.
  }
  return folders;
}
