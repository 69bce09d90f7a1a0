/** Finds the folder that the names of images in annotations start from. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { foldersIn } from '../../../segmentation/layouts/folders.js';

/** Names that are looked up in every folder, to see which folder has most of them. */
const samples = 50;

/** Depth of folders below those that are given. */
const depth = 2;

/**
 * The folder with most of the images of these names; of several, the first whose path has the name
 * of the part.
 *
 * @param folders where to look, the likeliest first
 * @returns undefined where no folder has any
 */
export async function imageFolder(
  folders: readonly string[],
  names: readonly string[],
  part: string | undefined,
): Promise<string | undefined> {
  const step = Math.max(1, Math.floor(names.length / samples));
  const looked = names.filter((_, i) => i % step === 0);
  let best: { folder: string; found: number; isOfPart: boolean } | undefined;
  for (const folder of await foldersBelow(folders)) {
    const found = looked.filter((name) => existsSync(join(folder, name))).length;
    if (found === 0 || found < (best?.found ?? 0)) continue;
    const isOfPart = part !== undefined && folder.split('/').includes(part);
    if (!best || found > best.found || (isOfPart && !best.isOfPart)) {
      best = { folder, found, isOfPart };
    }
  }
  return best?.folder;
}

async function foldersBelow(folders: readonly string[]): Promise<Set<string>> {
  const all = new Set(folders);
  let level = folders;
  for (let i = 0; i < depth; i++) {
    const below = await Promise.all(
      level.map(async (folder) => (await foldersIn(folder)).map((name) => join(folder, name))),
    );
    level = below.flat();
    for (const folder of level) all.add(folder);
  }
  return all;
}
