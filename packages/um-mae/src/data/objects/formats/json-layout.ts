/** Finds JSON of annotations in a folder, and tells which part of a set each file is of. */
import { closeSync, openSync, readSync } from 'node:fs';
import { basename, dirname, join, parse, relative } from 'node:path';
import { DataError } from '../../../errors.js';
import { readFlags } from '../../../files/file-names.js';
import { filesIn, foldersIn } from '../../segmentation/layouts/folders.js';
import { isPartName } from '../../segmentation/layouts/layout.js';
import { decodeText } from '../../sources/lists/list-text.js';
import type { Annotations } from '../annotations.js';
import type { AnnotationLayout, AnnotationOptions } from './annotation-layout.js';
import { readCoco } from './coco/coco.js';
import { cocoKeys, isCoco, missingKeys } from './coco/coco-file.js';
import { readJson } from './files/json-file.js';
import { isLabelStudio, readLabelStudio } from './label-studio.js';

/**
 * Annotations in `annotations/`, in the folder itself, or in one for each part.
 *
 * @throws DataError where no file is one that a user means
 */
export async function jsonLayout(
  root: string,
  options: AnnotationOptions,
): Promise<AnnotationLayout | undefined> {
  const text = options.annotations ?? undefined;
  const folders = await foldersIn(root);
  const annotated = folders.filter((name) => /^(annotations?|labels|coco)$/i.test(name));
  const parts = folders.filter(isPartName);
  for (const group of text === undefined ? [annotated, [''], parts] : [['', ...folders]]) {
    const files = await jsonFilesIn(group.map((folder) => join(root, folder)));
    const chosen = filesByPart(root, files, text);
    if (chosen.size === 0) continue;
    return {
      title: 'JSON',
      parts: [...chosen].map(([name, file]) => ({
        name,
        open: () => readJsonFile(file, { ...options, path: root, part: name }),
      })),
    };
  }
  if (text === undefined) return undefined;
  throw new DataError(
    `Expected a file of annotations whose path has \`${text}\` in ${root} but got none.`,
  );
}

/**
 * Reads a file of COCO's format, or an export of Label Studio.
 *
 * @throws DataError when it is neither
 */
export async function readJsonFile(
  file: string,
  place: AnnotationOptions & { readonly path: string; readonly part: string | undefined },
): Promise<Annotations> {
  const json = await readJson(file);
  if (isCoco(json)) return readCoco(json, file, place);
  if (isLabelStudio(json)) return readLabelStudio(json, file, place);
  const missing = missingKeys(json);
  const found =
    missing.length < cocoKeys.length ? `no \`${missing.join('` and no `')}\`` : 'other JSON';
  throw new DataError(
    `Expected \`images\`, \`annotations\` and \`categories\` of COCO's format, or an export of Label Studio, in ${file} but got ${found}.`,
  );
}

async function jsonFilesIn(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => (await filesIn(folder)).map((name) => join(folder, name))),
  );
  return found.flat().filter((path) => path.toLowerCase().endsWith('.json') && beginsLikeOne(path));
}

/** Whether the first key of a file is one of these formats'; settings of programs have others. */
function beginsLikeOne(path: string): boolean {
  const descriptor = openSync(path, readFlags);
  try {
    const bytes = Buffer.alloc(200);
    const { text } = decodeText(bytes.subarray(0, readSync(descriptor, bytes)));
    return /^\s*(\[\s*\{|\{\s*"(info|images|annotations|categories|licenses|type)")/.test(text);
  } finally {
    closeSync(descriptor);
  }
}

/** One file for each part: of those that a user means, the one of the shortest name. */
function filesByPart(
  root: string,
  files: readonly string[],
  text: string | undefined,
): Map<string | undefined, string> {
  const byPart = new Map<string | undefined, string>();
  for (const file of files) {
    const name = basename(file);
    if (text !== undefined ? !relative(root, file).includes(text) : isOther(name)) continue;
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
