/** The layouts in which people lay out their own images and masks. */
import { existsSync } from 'node:fs';
import { basename, join, parse } from 'node:path';
import { DataError } from '../../../errors.js';
import { anyEndsWith, anyFits, filesIn, foldersIn } from './folders.js';
import { isPartName, type LayoutPart, type Recognised, withLists } from './layout.js';

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

/** A folder for each part, in which images and masks have folders. */
export async function splitFolders(root: string): Promise<Recognised | undefined> {
  const parts: LayoutPart[] = [];
  for (const name of (await foldersIn(root)).filter(isPartName)) {
    const found = await folderPair(join(root, name));
    if (found) parts.push({ name, ...found });
  }
  return { title: 'folders of images and masks in each part', known: undefined, parts };
}

/** A folder of images and one of masks, in which each part may have a folder. */
export async function pairFolders(root: string): Promise<Recognised | undefined> {
  const found = await folderPair(root);
  if (!found) {
    await refuseFullAde(root);
    return undefined;
  }
  const title = `${basename(found.images.folder)}/ and ${basename(found.masks.folder)}/`;
  const own = await foldersIn(found.images.folder);
  const names = own.filter(
    (name) => isPartName(name) && existsSync(join(found.masks.folder, name)),
  );
  if (names.length === 0) return { title, known: undefined, parts: await withLists(root, found) };
  const parts = names.map((name) => ({
    name,
    images: { ...found.images, folder: join(found.images.folder, name) },
    masks: { ...found.masks, folder: join(found.masks.folder, name) },
  }));
  const isAde = await anyFits(join(found.images.folder, names[0] ?? ''), /^ADE_(train|val)_\d+/);
  if (isAde) return { title: 'ADE20K', known: 'ade20k', parts };
  return { title, known: undefined, parts };
}

/** Images and masks side by side, told apart by their ends. */
export async function oneFolder(root: string): Promise<Recognised | undefined> {
  const endings = maskEndings.filter((ending) => ending !== '');
  const part = (folder: string, name?: string): LayoutPart => ({
    name,
    images: { folder, endings: imageEndings },
    masks: { folder, endings },
  });
  const title = 'images beside masks';
  const isMask = (file: string) => endings.some((ending) => parse(file).name.endsWith(ending));
  const holdsMasks = async (folder: string) => (await filesIn(folder)).some(isMask);
  if (await holdsMasks(root)) return { title, known: undefined, parts: [part(root)] };
  const parts: LayoutPart[] = [];
  for (const name of (await foldersIn(root)).filter(isPartName)) {
    if (await holdsMasks(join(root, name))) parts.push(part(join(root, name), name));
  }
  return { title, known: undefined, parts };
}

async function folderPair(root: string): Promise<Pick<LayoutPart, 'images' | 'masks'> | undefined> {
  const folders = await foldersIn(root);
  const images = imageFolders.find((name) => folders.includes(name));
  const masks = maskFolders.find((name) => folders.includes(name));
  if (images === undefined || masks === undefined) return undefined;
  return {
    images: { folder: join(root, images), endings: imageEndings },
    masks: { folder: join(root, masks), endings: maskEndings },
  };
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
