/** The layouts of published sets. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { anyEndsWith, foldersIn } from './folders.js';
import { type LayoutPart, type Recognised, withLists } from './layout.js';

const plain = [''];

/** Cityscapes: a folder of images and one of masks, in which each city has a folder. */
export async function cityscapes(root: string): Promise<Recognised | undefined> {
  const [images, masks] = [join(root, 'leftImg8bit'), join(root, 'gtFine')];
  if (!existsSync(images) || !existsSync(masks)) return undefined;
  const names = await foldersIn(images);
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

/** Pascal VOC, whose parts are lists. */
export async function voc(root: string): Promise<Recognised | undefined> {
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

/** COCO-Stuff, by the names of its parts. */
export async function cocoStuff(root: string): Promise<Recognised | undefined> {
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
export async function camvid(root: string): Promise<Recognised | undefined> {
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
  const names = (await foldersIn(root)).filter((name) => existsSync(join(root, `${name}annot`)));
  const parts = names.map((name) => ({
    name,
    images: { folder: join(root, name), endings: plain },
    masks: { folder: join(root, `${name}annot`), endings: plain },
  }));
  return { title: 'CamVid (indices)', known: 'camvid', parts };
}
