/** Finds the XML files of Pascal VOC, and tells which part of a set each is of. */
import { join, parse } from 'node:path';
import { filesIn, foldersIn } from '../../../segmentation/layouts/folders.js';
import { isPartName } from '../../../segmentation/layouts/layout.js';
import type { AnnotationLayout, AnnotationOptions, AnnotationPart } from '../annotation-layout.js';
import { readText } from '../files/text-file.js';
import { readVoc, type VocPlace } from './voc.js';

const annotationFolders = ['Annotations', 'annotations', 'labels'];
const imageFolders = ['JPEGImages', 'images', 'imgs', 'Images'];

/** Annotations beside `JPEGImages/`, with parts by lists; or a folder for each part. */
export async function vocLayout(
  root: string,
  options: AnnotationOptions,
): Promise<AnnotationLayout | undefined> {
  const title = 'Pascal VOC';
  const folders = await vocFolders(root);
  if (folders) {
    const lists = join(root, 'ImageSets', 'Main');
    const files = (await filesIn(lists)).filter((name) => isPartName(parse(name).name));
    const parts = files.map((file) =>
      partOf({ ...options, ...folders, root, part: parse(file).name, list: join(lists, file) }),
    );
    if (parts.length > 0) return { title, parts };
    const inside = (await foldersIn(folders.annotated)).filter(isPartName);
    const whole = partOf({ ...options, ...folders, root, part: undefined });
    if (inside.length === 0) return { title, parts: [whole] };
    const within = inside.map((part) =>
      partOf({ ...options, ...folders, annotated: join(folders.annotated, part), root, part }),
    );
    return { title, parts: within };
  }
  const parts: AnnotationPart[] = [];
  for (const part of (await foldersIn(root)).filter(isPartName)) {
    const found = await vocFolders(join(root, part));
    if (found) parts.push(partOf({ ...options, ...found, root, part }));
  }
  return parts.length > 0 ? { title, parts } : undefined;
}

/** Folders of XML files and of images, which may be one. */
async function vocFolders(
  root: string,
): Promise<{ annotated: string; images: string } | undefined> {
  const folders = await foldersIn(root);
  const images = imageFolders.find((name) => folders.includes(name));
  for (const name of annotationFolders.filter((folder) => folders.includes(folder))) {
    const annotated = join(root, name);
    if (!(await holdsVoc(annotated))) continue;
    return { annotated, images: images === undefined ? root : join(root, images) };
  }
  return (await holdsVoc(root)) ? { annotated: root, images: root } : undefined;
}

/** Files that are looked at: some may be empty, or of other programs. */
const looked = 20;

async function holdsVoc(folder: string): Promise<boolean> {
  const folders = [
    folder,
    ...(await foldersIn(folder)).filter(isPartName).map((name) => join(folder, name)),
  ];
  for (const place of folders) {
    const texts = (await filesIn(place)).filter((name) => /\.xml$/i.test(name)).slice(0, looked);
    if (texts.some((name) => /<annotation[\s>]/.test(readText(join(place, name))))) return true;
  }
  return false;
}

function partOf(place: VocPlace): AnnotationPart {
  return { name: place.part, open: () => readVoc(place) };
}
