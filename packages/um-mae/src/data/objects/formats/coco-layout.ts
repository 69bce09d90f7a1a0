/** Finds COCO's JSON files in a folder, and tells which part of a set each is of. */
import { basename, dirname, join, parse } from 'node:path';
import { filesIn, foldersIn } from '../../segmentation/layouts/folders.js';
import { isPartName } from '../../segmentation/layouts/layout.js';
import type { AnnotationLayout, AnnotationOptions } from './annotation-layout.js';
import { readCoco } from './coco.js';

/** Folders beside images in which annotations may lie. */
const annotationFolders = ['annotations', 'Annotations', 'annotations_coco', 'labels', 'coco'];

/** Annotations of COCO's format in `annotations/`, in the folder itself, or in one for each part. */
export async function cocoLayout(
  root: string,
  options: AnnotationOptions,
): Promise<AnnotationLayout | undefined> {
  const parts = (await foldersIn(root)).filter(isPartName);
  for (const folders of [annotationFolders, [''], parts]) {
    const files = await jsonFilesIn(folders.map((folder) => join(root, folder)));
    const chosen = filesByPart(files, options.annotations ?? undefined);
    if (chosen.size === 0) continue;
    return {
      title: 'COCO JSON',
      parts: [...chosen].map(([name, file]) => ({
        name,
        open: () => readCoco(file, { ...options, path: root, part: name }),
      })),
    };
  }
  return undefined;
}

async function jsonFilesIn(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => (await filesIn(folder)).map((name) => join(folder, name))),
  );
  return found.flat().filter((path) => path.toLowerCase().endsWith('.json'));
}

/** One file for each part: of those that a user means, the one of the shortest name. */
function filesByPart(
  files: readonly string[],
  meant: string | undefined,
): Map<string | undefined, string> {
  const byPart = new Map<string | undefined, string>();
  for (const file of files) {
    const name = basename(file);
    if (meant !== undefined ? !name.includes(meant) : isOther(name)) continue;
    const part = partOfFile(file);
    const known = byPart.get(part);
    if (known === undefined || name.length < basename(known).length) byPart.set(part, file);
  }
  if (byPart.size > 1) byPart.delete(undefined);
  return byPart;
}

/** Files of COCO's own set that hold no objects with boxes of their own. */
function isOther(name: string): boolean {
  return /^(captions|person_keypoints|image_info|panoptic|stuff)_/i.test(name);
}

/** The part that a file is of, by a word of its name or by its folder. */
export function partOfFile(file: string): string | undefined {
  const words = parse(file).name.split(/[_\-. ]+/);
  const own = words.find(isPartName);
  if (own !== undefined) return own;
  const folder = basename(dirname(file));
  return isPartName(folder) ? folder : undefined;
}
