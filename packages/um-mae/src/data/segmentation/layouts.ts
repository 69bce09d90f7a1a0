/** The ways in which published and own sets of images and masks lie in folders. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';
import { DataError } from '../../errors.js';
import { isFolder } from '../image-files.js';
import type { KnownSet } from './known-classes.js';
import type { NamedFiles } from './pairs.js';

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

const plain = [''];

/** Endings of masks that are no part of the name of their image. */
const maskEndings = [
  '',
  ...['_mask', '-mask', '_masks', '_label', '_labels', '_gt', '_GT', '_seg', '_segmentation'],
  ...['_L', '_lab', '_annotation', '_labelTrainIds', '_mask_0', '.mask', '.seg'],
];
const imageEndings = ['', '_image', '-image', '_img', '_sat', '_rgb', '_leftImg8bit'];

const imageFolders = ['images', 'image', 'imgs', 'img', 'Images', 'JPEGImages'];
const maskFolders = [
  ...['masks', 'mask', 'labels', 'label', 'annotations', 'annotation', 'annots'],
  ...['Masks', 'Labels', 'gt', 'ground_truth', 'segmentations', 'SegmentationClass'],
];

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

type Recognised = Omit<Layout, 'root'>;

async function cityscapes(root: string): Promise<Recognised | undefined> {
  const [images, masks] = [join(root, 'leftImg8bit'), join(root, 'gtFine')];
  if (!existsSync(images) || !existsSync(masks)) return undefined;
  const names = await foldersOf(images);
  const parts = names.filter((name) => existsSync(join(masks, name)));
  const hasTrainIds = await anyEndsWith(masks, '_gtFine_labelTrainIds.png');
  const ending = hasTrainIds ? '_gtFine_labelTrainIds' : '_gtFine_labelIds';
  return {
    title: `Cityscapes (${ending.slice(8)})`,
    known: hasTrainIds ? 'cityscapes' : 'cityscapes-label-ids',
    parts: parts.map((name) => ({
      name,
      images: { folder: join(images, name), endings: ['_leftImg8bit'] },
      masks: { folder: join(masks, name), endings: [ending] },
    })),
  };
}

async function voc(root: string): Promise<Recognised | undefined> {
  const images = join(root, 'JPEGImages');
  const folder = ['SegmentationClassAug', 'SegmentationClass'].find((name) =>
    existsSync(join(root, name)),
  );
  if (!existsSync(images) || folder === undefined) return undefined;
  const lists = join(root, 'ImageSets', 'Segmentation');
  const files = existsSync(lists) ? await readdir(lists) : [];
  const part = (name: string | undefined, list?: string): LayoutPart => ({
    name,
    images: { folder: images, endings: plain },
    masks: { folder: join(root, folder), endings: plain },
    list,
  });
  const listed = files
    .filter((file) => file.endsWith('.txt'))
    .map((file) => part(parse(file).name, join(lists, file)));
  return {
    title: `Pascal VOC (${folder})`,
    known: 'voc',
    parts: listed.length > 0 ? listed : [part(undefined)],
  };
}

async function cocoStuff(root: string): Promise<Recognised | undefined> {
  const masks = ['stuffthingmaps', 'annotations'].map((name) => join(root, name));
  const images = [root, join(root, 'images')];
  const parts = ['train2017', 'val2017'].flatMap((name): LayoutPart[] => {
    const seen = images.map((folder) => join(folder, name)).find((folder) => existsSync(folder));
    const labelled = masks.map((folder) => join(folder, name)).find((folder) => existsSync(folder));
    if (seen === undefined || labelled === undefined) return [];
    return [
      {
        name,
        images: { folder: seen, endings: plain },
        masks: { folder: labelled, endings: plain },
      },
    ];
  });
  return { title: 'COCO-Stuff', known: 'coco-stuff', parts };
}

/** CamVid as it is published, with colours, and as SegNet's authors give it, with indices. */
async function camvid(root: string): Promise<Recognised | undefined> {
  const raw = join(root, '701_StillsRaw_full');
  const coloured = ['LabeledApproved_full', '701_Labels_full', 'labels'].map((name) =>
    join(root, name),
  );
  const labelled = coloured.find((folder) => existsSync(folder));
  if (existsSync(raw) && labelled !== undefined) {
    const parts = await withLists(root, {
      images: { folder: raw, endings: plain },
      masks: { folder: labelled, endings: ['_L', ''] },
    });
    return { title: 'CamVid (colours)', known: undefined, parts };
  }
  const names = (await foldersOf(root)).filter((name) => existsSync(join(root, `${name}annot`)));
  const parts = names.map((name) => ({
    name,
    images: { folder: join(root, name), endings: plain },
    masks: { folder: join(root, `${name}annot`), endings: plain },
  }));
  return { title: 'CamVid (indices)', known: 'camvid', parts };
}

/** A folder for each part, in which images and masks have folders. */
async function splitFolders(root: string): Promise<Recognised | undefined> {
  const parts: LayoutPart[] = [];
  for (const name of (await foldersOf(root)).filter(isPartName)) {
    const found = await folderPair(join(root, name));
    if (found) parts.push({ name, ...found });
  }
  return { title: 'folders of images and masks in each part', known: undefined, parts };
}

/** A folder of images and one of masks, in which each part may have a folder. */
async function pairFolders(root: string): Promise<Recognised | undefined> {
  const found = await folderPair(root);
  if (!found) {
    await refuseFullAde(root);
    return undefined;
  }
  const title = `${basename(found.images.folder)}/ and ${basename(found.masks.folder)}/`;
  const own = await foldersOf(found.images.folder);
  const names = own.filter(
    (name) => isPartName(name) && existsSync(join(found.masks.folder, name)),
  );
  if (names.length === 0) return { title, known: undefined, parts: await withLists(root, found) };
  const parts = names.map((name) => ({
    name,
    images: { ...found.images, folder: join(found.images.folder, name) },
    masks: { ...found.masks, folder: join(found.masks.folder, name) },
  }));
  const isAde = await anyStartsWith(
    join(found.images.folder, names[0] ?? ''),
    /^ADE_(train|val)_\d+/,
  );
  if (isAde) return { title: 'ADE20K', known: 'ade20k', parts };
  return { title, known: undefined, parts };
}

/** Images and masks side by side, told apart by their ends. */
async function oneFolder(root: string): Promise<Recognised | undefined> {
  const endings = maskEndings.filter((ending) => ending !== '');
  const part = (folder: string, name?: string): LayoutPart => ({
    name,
    images: { folder, endings: imageEndings },
    masks: { folder, endings },
  });
  const title = 'images beside masks';
  const isMask = (file: string) => endings.some((ending) => parse(file).name.endsWith(ending));
  const holdsMasks = async (folder: string) => (await filesOf(folder)).some(isMask);
  if (await holdsMasks(root)) return { title, known: undefined, parts: [part(root)] };
  const parts: LayoutPart[] = [];
  for (const name of (await foldersOf(root)).filter(isPartName)) {
    if (await holdsMasks(join(root, name))) parts.push(part(join(root, name), name));
  }
  return { title, known: undefined, parts };
}

async function folderPair(root: string): Promise<Pick<LayoutPart, 'images' | 'masks'> | undefined> {
  const folders = await foldersOf(root);
  const images = imageFolders.find((name) => folders.includes(name));
  const masks = maskFolders.find((name) => folders.includes(name));
  if (images === undefined || masks === undefined) return undefined;
  return {
    images: { folder: join(root, images), endings: imageEndings },
    masks: { folder: join(root, masks), endings: maskEndings },
  };
}

/** Parts by lists `train.txt` and the like beside the folders; all as one where there are none. */
async function withLists(
  root: string,
  folders: Pick<LayoutPart, 'images' | 'masks'>,
): Promise<LayoutPart[]> {
  const files = await filesOf(root);
  const lists = files.filter((file) => file.endsWith('.txt') && isPartName(parse(file).name));
  if (lists.length === 0) return [{ name: undefined, ...folders }];
  return lists.map((file) => ({ name: parse(file).name, ...folders, list: join(root, file) }));
}

/** Masks of the full ADE20K lie beside its images, and are colours. */
async function refuseFullAde(root: string): Promise<void> {
  if (!existsSync(join(root, 'images'))) return;
  if (!(await anyEndsWith(join(root, 'images'), '_seg.png', 4))) return;
  throw new DataError(
    `Expected annotations/ beside images/ in ${root}, as in the ADE20K of the scene parsing challenge, but got the full ADE20K, whose masks *_seg.png are colours with the class R / 10 * 256 + G.\n` +
      'Take ADEChallengeData2016.',
  );
}

const partNames =
  /^(train|training|val|valid|validation|trainval|dev|eval|test|testing)(_?\d{4}|_?aug)?$/i;

/** Whether a folder or a list of this name is a part of a set. */
export function isPartName(name: string): boolean {
  return partNames.test(name);
}

/** Names of lists, in its order; lines may hold a path or its name, and more behind it. */
export async function namesInList(list: string): Promise<Set<string>> {
  const lines = (await readFile(list, 'utf8')).split(/\r?\n/);
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

async function foldersOf(folder: string): Promise<string[]> {
  if (!existsSync(folder) || !(await isFolder(folder))) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isFile() && !entry.name.startsWith('.'));
  return names.map(({ name }) => name).sort();
}

async function filesOf(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

async function anyStartsWith(folder: string, pattern: RegExp): Promise<boolean> {
  return (await filesOf(folder)).some((name) => pattern.test(name));
}

/**
 * Whether a file at most `depth` folders below ends so; the first folder that has files decides.
 */
async function anyEndsWith(folder: string, ending: string, depth = 2): Promise<boolean> {
  const files = await filesOf(folder);
  if (files.length > 0 || depth === 0) return files.some((name) => name.endsWith(ending));
  for (const name of await foldersOf(folder)) {
    if (await anyEndsWith(join(folder, name), ending, depth - 1)) return true;
  }
  return false;
}
