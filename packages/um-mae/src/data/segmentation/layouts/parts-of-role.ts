/** Parts of a set by their purpose. */
import { FolderWalk } from '../../image-files.js';
import type { Role } from '../paired-images.js';
import { isPartName } from './layout.js';

/** Names of parts by role, the likeliest first. */
const partsOfRole: Readonly<Record<Role, readonly RegExp[]>> = {
  train: [/^train_?aug$/i, /^train(ing)?(_?\d{4})?$/i],
  val: [/^val(id|idation)?(_?\d{4})?$/i, /^(dev|eval)$/i, /^test(ing)?(_?\d{4})?$/i],
};

/**
 * The part for a role: the only one of a set without parts, or the one of the likeliest name.
 *
 * @returns undefined where no name fits
 */
export function partOfRole<Part extends { readonly name?: string | undefined }>(
  parts: readonly Part[],
  role: Role,
): Part | undefined {
  const [only] = parts;
  if (only && parts.length === 1 && only.name === undefined) return only;
  return partsOfRole[role]
    .map((pattern) => parts.find(({ name = '' }) => pattern.test(name)))
    .find((part) => part !== undefined);
}

/** Shards of a folder: all of them, or those of a part, told by folders or by names. */
export async function shardsOfRole(folder: string, role: Role): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of new FolderWalk().filesBelow(folder)) {
    if (path.toLowerCase().endsWith('.tar')) paths.push(path);
  }
  const partOf = (path: string) => partOfShard(folder, path);
  for (const pattern of partsOfRole[role]) {
    const found = paths.filter((path) => pattern.test(partOf(path) ?? ''));
    if (found.length > 0) return found.sort();
  }
  return paths.every((path) => partOf(path) === undefined) ? paths.sort() : [];
}

/** The part that a path below a folder names, by one of its folders or by its own name. */
export function partOfShard(folder: string, path: string): string | undefined {
  const words = path.slice(folder.length).split(/[\\/._-]+/);
  return words.find(isPartName);
}
