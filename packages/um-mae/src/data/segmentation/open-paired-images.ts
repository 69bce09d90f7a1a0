/** Finds images with masks where a path of a user's leads. */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { DataError } from '../../errors.js';
import { FolderWalk, isFolder } from '../image-files.js';
import { expandBraces } from '../sources/braces.js';
import { listedFiles } from '../sources/files.js';
import { type Layout, type LayoutPart, namesInList, partOfPath } from './layouts/layout.js';
import { layoutOf } from './layouts/layouts.js';
import { openPairList } from './layouts/pair-list.js';
import { partOfRole, partOfShard, shardsOfRole } from './layouts/parts-of-role.js';
import { openPairShards } from './layouts/tar-pairs.js';
import type { PairedImages, Role } from './paired-images.js';
import { type Pairs, pairFiles } from './pairs.js';

/** The part of a set that is opened. */
export interface PairOptions {
  readonly role: Role;
  /** The folder that paths in lists start from. Default: that of the list. */
  readonly root?: string | null | undefined;
  /** Patterns of files and folders to leave out, below the folder of the set. Default: none. */
  readonly exclude?: readonly string[] | undefined;
}

/**
 * Recognises a layout, a list or tar shards.
 *
 * @param path a folder of a set or of a part of it, a list, or shards as `shards/{00..10}.tar`
 * @throws DataError when there is nothing, or no pair, or no part for the role
 */
export async function openPairedImages(path: string, options: PairOptions): Promise<PairedImages> {
  const { role, exclude = [] } = options;
  const place = resolve(path);
  if (!existsSync(place)) {
    const shards = expandBraces(place);
    if (shards.length > 1) return openPairShards(path, shards);
    const inside = await openPartOfPath(path, place, exclude);
    if (inside) return inside;
    throw new DataError(
      `Expected images with masks at \`${path}\` but got nothing there.\nCheck the path.`,
    );
  }
  if (!(await isFolder(place))) return openFile(path, place, options);
  const layout = await layoutOf(place);
  if (layout) return openPart(path, layout, choosePart(path, layout, role), exclude);
  const shards = await shardsOfRole(place, role);
  const [first] = shards;
  if (first !== undefined) {
    return { ...openPairShards(path, shards), part: partOfShard(place, first) };
  }
  const inside = await openPartOfPath(path, place, exclude);
  if (inside) return inside;
  throw await nothingRecognised(path, place);
}

async function openFile(
  path: string,
  place: string,
  { root, exclude = [] }: PairOptions,
): Promise<PairedImages> {
  const extension = extname(place).toLowerCase();
  if (extension === '.tar') return openPairShards(path, [place]);
  if (!['.txt', '.lst', '.csv'].includes(extension)) {
    throw new DataError(
      `Expected a folder, a list (txt, lst, csv) or a tar shard of images with masks but got \`${path}\`.`,
    );
  }
  const list = await openPairList(place, root ?? dirname(place));
  if (list) return { ...list, path };
  const layout = await layoutOf(root ?? dirname(place));
  if (layout) {
    const [first] = layout.parts;
    const part = layout.parts.find(({ list: own }) => own === place) ?? first;
    if (part)
      return openPart(path, layout, { ...part, name: basename(place), list: place }, exclude);
  }
  throw new DataError(
    `Expected \`image mask\`, two paths, on each line of ${path} but got one.\nAdd the masks, or put the list beside images/ and masks/.`,
  );
}

/** A path that names a part of a set: `set/val`, or `set/images/val`. */
async function openPartOfPath(
  path: string,
  place: string,
  exclude: readonly string[],
): Promise<PairedImages | undefined> {
  for (const { root, part } of partOfPath(place)) {
    if (!existsSync(root)) continue;
    const layout = await layoutOf(root);
    const found = layout?.parts.find(({ name }) => name === part);
    if (layout && found) return openPart(path, layout, found, exclude);
  }
  return undefined;
}

function choosePart(path: string, { title, parts, root }: Layout, role: Role): LayoutPart {
  const found = partOfRole(parts, role);
  if (found) return found;
  const wanted = role === 'train' ? 'train' : 'val';
  const names = parts.map(({ name }) => name).join(', ');
  throw new DataError(
    `Expected a part \`${wanted}\` of ${path} (${title} in ${root}) but got ${names}.\nName parts by --train and --val.`,
  );
}

async function openPart(
  path: string,
  layout: Layout,
  part: LayoutPart,
  exclude: readonly string[],
): Promise<PairedImages> {
  const chosen = part.list === undefined ? undefined : await namesInList(part.list);
  const pairs = await pairFiles(part.images, part.masks, {
    root: layout.root,
    exclude,
    chosen,
  });
  if (pairs.names.length === 0) throw noPairs(path, layout, part, pairs);
  return {
    path,
    title: layout.title,
    part: part.name,
    known: layout.known,
    images: listedFiles(pairs.images, pairs.names),
    maskOf: (index) => ({ kind: 'file', path: pairs.masks[index] as string }),
    imagesAlone: pairs.imagesAlone,
    masksAlone: pairs.masksAlone,
    missing: pairs.missing,
    ignored: pairs.ignored,
    folders: [
      ...new Set([layout.root, resolve(path), part.masks.folder, dirname(part.masks.folder)]),
    ],
  };
}

function noPairs(path: string, { title }: Layout, part: LayoutPart, pairs: Pairs): DataError {
  const [image] = pairs.imagesAlone;
  const [mask] = pairs.masksAlone;
  const shown = [image, mask].map((file) => (file === undefined ? 'nothing' : basename(file)));
  return new DataError(
    `Expected images with masks of the same name in ${path} (${title}) but got none: ` +
      `${part.images.folder} has ${pairs.imagesAlone.length} images (${shown[0]}), ${part.masks.folder} has ${pairs.masksAlone.length} masks (${shown[1]}).`,
  );
}

async function nothingRecognised(path: string, place: string): Promise<DataError> {
  let images = 0;
  for await (const _ of new FolderWalk().filesBelow(place)) images++;
  return new DataError(
    `Expected images with masks in ${path} but got ${images === 0 ? 'no files' : `${images} files in no layout that is known`}.\n` +
      'Lay them out as images/NAME.jpg and masks/NAME.png, each with train/ and val/, or as ADE20K, Cityscapes, Pascal VOC, CamVid or COCO-Stuff; or list `image mask` lines.',
  );
}
