/** The way in which a set of images and masks lies in folders, and the parts that it has. */
import { basename, dirname, join, parse } from 'node:path';
import { DataError } from '../../../errors.js';
import { wholeText } from '../../../files/whole-file.js';
import type { KnownSet } from '../classes/known-classes.js';
import type { NamedFiles } from '../pairs.js';
import { filesIn } from './folders.js';

/** A set of images and masks in folders, before its files are looked for. */
export interface Layout {
  /** The name of the layout, for people. */
  readonly title: string;
  /** The folder of all parts. */
  readonly root: string;
  readonly known: KnownSet | undefined;
  readonly parts: readonly LayoutPart[];
}

/** A part of a set: for training, for validation, or all of it. */
export interface LayoutPart {
  /** The name of the part; undefined where the set has no parts. */
  readonly name: string | undefined;
  readonly images: NamedFiles;
  readonly masks: NamedFiles;
  /** The file that lists the names of this part. */
  readonly list?: string | undefined;
}

/** A layout that is recognised in a folder. */
export type Recognised = Omit<Layout, 'root'>;

/** Parts by lists `train.txt` and the like beside the folders; all as one where there are none. */
export async function withLists(
  root: string,
  folders: Pick<LayoutPart, 'images' | 'masks'>,
): Promise<LayoutPart[]> {
  const files = await filesIn(root);
  const lists = files.filter((file) => file.endsWith('.txt') && isPartName(parse(file).name));
  if (lists.length === 0) return [{ name: undefined, ...folders }];
  return lists.map((file) => ({ name: parse(file).name, ...folders, list: join(root, file) }));
}

const partNames =
  /^(train|training|val|valid|validation|trainval|dev|eval|test|testing)(_?\d{4}|_?aug)?$/i;

/** Whether a folder or a list of this name is a part of a set. */
export function isPartName(name: string): boolean {
  return partNames.test(name);
}

/** Names of lists, in its order; lines may hold a path or its name, and more behind it. */
export async function namesInList(list: string): Promise<Set<string>> {
  const lines = wholeText(list, { as: DataError }).split(/\r?\n/);
  const first = lines
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name !== '');
  return new Set(first.map((name) => parse(name).name));
}

/** A folder and one of its parts, of a path that names the part: `set/val`, `set/images/val`. */
export function partOfPath(path: string): readonly { root: string; part: string }[] {
  const part = basename(path);
  const above = dirname(path);
  return [above, dirname(above)].map((root) => ({ root, part }));
}
