/** List files: an image per line, `path` or `path label`. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DataError } from '../../errors.js';
import { withFileErrors } from '../../file-errors.js';
import { isImageName } from '../image-files.js';
import { listedFiles, withFolderClasses } from './files.js';
import type { ImageSource } from './image-set.js';

export interface ListOptions {
  /** The folder that relative paths start from. Default: the folder of the list. */
  readonly root?: string | undefined;
  /** Whether folders are classes in a list where no line has a label. */
  readonly folderClasses?: boolean;
}

/**
 * The images of a list, in its order; empty lines are passed over. A label is a whole number from
 * 0.
 *
 * @throws DataError naming the line, if one is malformed or its file is missing
 */
export async function openList(list: string, options: ListOptions = {}): Promise<ImageSource> {
  const { root = dirname(list), folderClasses = false } = options;
  const access = { verb: 'read', path: list, as: DataError } as const;
  const text = await withFileErrors(access, () => readFile(list, 'utf8'));
  const names: string[] = [];
  const paths: string[] = [];
  const labels: (number | undefined)[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '') continue;
    const where = `line ${index + 1} of ${list}`;
    const { name, label } = parseLine(line.trim(), where);
    const path = resolve(root, name);
    // Synchronous: two microseconds a file, where a promise takes ten times that.
    if (!existsSync(path)) {
      throw new DataError(
        `Expected the image of ${where} at \`${path}\` but got nothing there.\nRelative paths start at ${root}; --data-root sets another folder.`,
      );
    }
    names.push(name);
    paths.push(path);
    labels.push(label);
  }
  if (paths.length === 0) {
    throw new DataError(`Expected an image on each line of ${list} but got no lines.`);
  }
  const images = listedFiles(paths, names);
  const isUnlabelled = labels.every((label) => label === undefined);
  if (folderClasses && isUnlabelled) return withFolderClasses(images, paths);
  return { images, labelOf: (index) => labels[index], classes: [] };
}

function parseLine(line: string, where: string): { name: string; label: number | undefined } {
  const { name = line, label } = /^(?<name>.*\S)\s+(?<label>\d{1,9})$/.exec(line)?.groups ?? {};
  if (isImageName(line)) return { name: line, label: undefined };
  if (isImageName(name) && label !== undefined) return { name, label: Number(label) };
  const shown = line.length > 100 ? `${line.slice(0, 100)}...` : line;
  throw new DataError(
    `Expected \`path\` or \`path label\`, an image and a whole number, on ${where} but got ${JSON.stringify(shown)}.`,
  );
}
