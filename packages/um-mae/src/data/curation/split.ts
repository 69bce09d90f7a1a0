/** Splits a folder of classes into images to learn from and images to evaluate on, as two lists. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { at } from '../../at.js';
import { DataError } from '../../errors.js';
import { readableName, shownPath, systemPath } from '../../files/file-names.js';
import { parseLine } from '../sources/lists/list-line.js';
import type { OpenedImages } from '../sources/open-images.js';
import { writeNewFolder } from './new-folder.js';

export interface SplitOptions {
  /** Folder of the lists `train.txt` and `val.txt`; it appears when both are complete. */
  readonly out: string;
  /** The share of each class that goes into `val.txt`: one image at least. */
  readonly share: number;
  /** Another number chooses other images. */
  readonly seed: number;
}

export interface SplitReport {
  readonly train: number;
  readonly val: number;
  readonly classes: number;
}

/**
 * Writes lists of paths, whose folders are the classes. Which images are to evaluate on depends on
 * the seed, and on the names of their files and folders: it is the same wherever they lie, and most
 * stay when images are added.
 *
 * @throws DataError unless the images lie in folders of two classes or more, at least two in each,
 *   and have names that a list can hold
 */
export async function splitImages(
  { images, labelOf, classes }: Pick<OpenedImages, 'images' | 'labelOf' | 'classes'>,
  { out, share, seed }: SplitOptions,
): Promise<SplitReport> {
  if (classes.length === 1) {
    throw new DataError(
      `Expected at least two folders of classes to split but got only \`${classes[0]}\`.`,
    );
  }
  const byClass = classes.map((): string[] => []);
  for (let index = 0; index < images.count; index++) {
    const location = images.locate(index);
    const label = labelOf(index);
    const path = location.kind === 'file' ? location.path : '';
    if (label === undefined || readableName(basename(dirname(path))) !== classes[label]) {
      throw new DataError(
        `Expected images in folders of classes, FOLDER/CLASS/, to split but got ${shownPath(path) || 'images in an archive'}.`,
      );
    }
    at(byClass, label).push(path);
  }
  const chosen = byClass.map((paths, label) => choose(paths, at(classes, label), { share, seed }));
  const lists = {
    train: byClass.flatMap((paths, label) => paths.filter((path) => !chosen[label]?.has(path))),
    val: byClass.flatMap((paths, label) => paths.filter((path) => chosen[label]?.has(path))),
  };
  await writeNewFolder(out, 'the lists', async (aside) => {
    for (const [name, paths] of Object.entries(lists)) {
      const lines = paths.map((path) => lineOf(relative(out, path)));
      await writeFile(join(aside, `${name}.txt`), systemPath(`${lines.join('\n')}\n`));
    }
  });
  return { train: lists.train.length, val: lists.val.length, classes: classes.length };
}

/** Chooses the images of a class to evaluate on. */
function choose(
  paths: readonly string[],
  name: string,
  { share, seed }: Pick<SplitOptions, 'share' | 'seed'>,
): ReadonlySet<string> {
  if (paths.length < 2) {
    throw new DataError(
      `Expected at least two images of every class to split but got ${paths.length} of \`${name}\`.`,
    );
  }
  const count = Math.min(paths.length - 1, Math.max(1, Math.round(share * paths.length)));
  const drawn = paths.map((path) => [drawOf([`${seed}`, name, basename(path)]), path] as const);
  return new Set(
    drawn
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, count)
      .map(([, path]) => path),
  );
}

function drawOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}

/** @throws DataError unless the line is read as this path */
function lineOf(path: string): string {
  if (!/[\r\n]/.test(path) && parseLine(path.trim())?.name === path) return path;
  throw new DataError(`Expected names of files that a list can hold but got ${shownPath(path)}.`);
}
