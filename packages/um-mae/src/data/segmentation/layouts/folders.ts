/** Names of what lies in folders, hidden entries left out. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isFolder } from '../../image-files.js';

/** Names of the folders in a folder, sorted; none where there is no such folder. */
export async function foldersIn(folder: string): Promise<string[]> {
  if (!existsSync(folder) || !(await isFolder(folder))) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isFile() && !entry.name.startsWith('.'));
  return names.map(({ name }) => name).sort();
}

/** Names of the files in a folder, sorted; none where there is no such folder. */
export async function filesIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Whether the name of a file in a folder fits a pattern. */
export async function anyFits(folder: string, pattern: RegExp): Promise<boolean> {
  return (await filesIn(folder)).some((name) => pattern.test(name));
}

/**
 * Whether a file at most `depth` folders below ends so; the first folder that has files decides.
 */
export async function anyEndsWith(folder: string, ending: string, depth = 2): Promise<boolean> {
  const files = await filesIn(folder);
  if (files.length > 0 || depth === 0) return files.some((name) => name.endsWith(ending));
  for (const name of await foldersIn(folder)) {
    if (await anyEndsWith(join(folder, name), ending, depth - 1)) return true;
  }
  return false;
}
