/** Every layout of images and masks that is recognised. */
import type { Layout } from './layout.js';
import { oneFolder, pairFolders, splitFolders } from './own-layouts.js';
import { camvid, cityscapes, cocoStuff, voc } from './published-layouts.js';

/**
 * The layout of a folder.
 *
 * @returns undefined where it has none that is known
 * @throws DataError for the full ADE20K, whose masks are of another kind
 */
export async function layoutOf(root: string): Promise<Layout | undefined> {
  for (const recognise of [
    cityscapes,
    voc,
    cocoStuff,
    camvid,
    splitFolders,
    pairFolders,
    oneFolder,
  ]) {
    const found = await recognise(root);
    if (found && found.parts.length > 0) return { root, ...found };
  }
  return undefined;
}
