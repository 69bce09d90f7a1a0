/** COCO's JSON files: https://cocodataset.org/#format-data. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { maskArea, maskBox } from '../../../../detection/run-lengths/run-lengths.js';
import { DataError } from '../../../../errors.js';
import { excluding } from '../../../exclude.js';
import { Remarks } from '../../../sources/remarks.js';
import type { AnnotatedImage, Annotations, WrittenObject } from '../../annotations.js';
import { sizeOfImage } from '../../image-size.js';
import { maskOfOutline } from '../../outlines/bitmap.js';
import type { AnnotationOptions } from '../annotation-layout.js';
import {
  type CocoAnnotation,
  type CocoCategory,
  type CocoFile,
  type CocoId,
  type CocoImage,
  cocoFile,
} from './coco-file.js';
import { cocoOutline } from './coco-outline.js';
import { imageFolder } from './image-folders.js';

const imageAdvice = 'Put them beside it, or name their folder by --data-root.';

/** The part of a set that a file is of, and the path that a user gave. */
interface CocoPlace extends AnnotationOptions {
  readonly path: string;
  readonly part: string | undefined;
}

/**
 * Reads annotations, and finds their images.
 *
 * @param json the contents of `file`
 * @throws DataError when they are not of this format, or none of the images is there
 */
export async function readCoco(
  json: Record<string, unknown>,
  file: string,
  place: CocoPlace,
): Promise<Annotations> {
  const remarks = new Remarks();
  const contents = cocoFile(json, file, remarks);
  const reader = new CocoReader(contents, remarks);
  const images = await reader.images(await placesOf(contents.images, file, place, remarks));
  return {
    path: place.path,
    title: 'COCO JSON',
    part: place.part,
    classes: reader.classes,
    images,
    hasOutlines: images.some(({ objects }) => objects.some(({ outline }) => outline)),
    remarks,
  };
}

/** The paths of the images whose files are there, by their numbers. */
async function placesOf(
  images: readonly CocoImage[],
  file: string,
  { root, part, exclude = [] }: CocoPlace,
  remarks: Remarks,
): Promise<Map<CocoImage, string>> {
  const folders = root ? [resolve(root)] : [dirname(file), dirname(dirname(file))];
  const pathOf = await pathsFrom(
    folders,
    images.map(({ name }) => name),
    part,
  );
  const isExcluded = excluding(exclude);
  const found = new Map<CocoImage, string>();
  const seen = new Set<CocoId>();
  for (const image of images) {
    const { id, name } = image;
    const path = pathOf(name);
    if (seen.has(id)) remarks.add('images whose number another one has, left out', name);
    else if (isExcluded(name)) remarks.add('images left out by --exclude', name);
    else if (path === undefined || !existsSync(path)) {
      remarks.add('images that are annotated but not there, left out', name);
    } else found.set(image, path);
    seen.add(id);
  }
  if (found.size > 0) return found;
  const [first] = images;
  const expected = first
    ? `near it, such as \`${first.name}\`, but got none of ${images.length}`
    : 'but got none';
  throw new DataError(
    `Expected the images of ${file} ${expected}.\n${first ? imageAdvice : (remarks.describeMost() ?? '')}`.trim(),
  );
}

/** The paths of images by their names, or by the last part of names that begin on another machine. */
async function pathsFrom(
  folders: readonly string[],
  names: readonly string[],
  part: string | undefined,
): Promise<(name: string) => string | undefined> {
  const folder = await imageFolder(folders, names, part);
  if (folder !== undefined) return (name) => join(folder, name);
  const lastParts = names.map((name) => basename(name));
  const isUnique = new Set(lastParts).size === new Set(names).size;
  const other = isUnique ? await imageFolder(folders, lastParts, part) : undefined;
  return (name) => (other === undefined ? undefined : join(other, basename(name)));
}

/** Turns the lists of a file into images with objects. */
class CocoReader {
  /** Names of classes, each once. */
  readonly classes: readonly string[];
  private readonly labels: ReadonlyMap<CocoId, number>;
  private readonly byImage = new Map<CocoId, CocoAnnotation[]>();
  /** Whether the numbers of images are numbers, by which others may name the images. */
  private readonly isNumbered: boolean;

  constructor(
    { images, categories, annotations }: CocoFile,
    private readonly remarks: Remarks,
  ) {
    const known = this.withOwnNumbers(categories);
    const classes = [...new Set(known.map(({ name }) => name))];
    this.classes = classes;
    this.labels = new Map(known.map(({ id, name }) => [id, classes.indexOf(name)]));
    this.isNumbered = images.every(({ id }) => typeof id === 'number');
    for (const { id } of images) this.byImage.set(id, []);
    const numbers = new Set<number>();
    for (const annotation of annotations) {
      const { id, image } = annotation;
      const others = this.byImage.get(image);
      if (!others) {
        remarks.add('objects of images that the file does not list, left out', `image ${image}`);
        continue;
      }
      if (id === 0) remarks.add("objects of number 0, which COCO's evaluation never finds", 'id 0');
      if (id !== undefined && numbers.has(id)) {
        remarks.add('objects whose number another one has', `id ${id}`);
      }
      if (id !== undefined) numbers.add(id);
      others.push(annotation);
    }
  }

  async images(places: ReadonlyMap<CocoImage, string>): Promise<AnnotatedImage[]> {
    const images: AnnotatedImage[] = [];
    for (const [{ id, name, size: known }, path] of places) {
      const location = { kind: 'file', path } as const;
      const size = known ?? (await sizeOfImage(location));
      if (!size) {
        this.remarks.add('images that cannot be read, left out', name);
        continue;
      }
      const written = this.byImage.get(id) ?? [];
      const objects = written.flatMap((object) => this.object(object, { name, size }) ?? []);
      const number = this.isNumbered && typeof id === 'number' ? id : undefined;
      images.push({ id: number, name, location, size, objects });
    }
    return images;
  }

  /** Classes whose number no other one before them has. */
  private withOwnNumbers(categories: readonly CocoCategory[]): CocoCategory[] {
    const seen = new Set<CocoId>();
    return categories.filter(({ id, name }) => {
      const isTaken = seen.has(id);
      if (isTaken) this.remarks.add('classes whose number another one has, left out', name);
      seen.add(id);
      return !isTaken;
    });
  }

  private object(
    { id, box: written, area, category, isCrowd, isIgnored, segmentation }: CocoAnnotation,
    { name, size }: Pick<AnnotatedImage, 'name' | 'size'>,
  ): WrittenObject | undefined {
    const label = this.labels.get(category);
    if (label === undefined) {
      this.remarks.add(
        'objects of a class that the file does not list, left out',
        `category ${category}`,
      );
      return undefined;
    }
    if (isIgnored) this.remarks.add('objects to ignore, taken as crowds', name);
    const { outline, fault } = cocoOutline(segmentation, size);
    if (fault) this.remarks.add(`${fault}, left out`, name);
    const mask = !written && outline ? maskOfOutline(outline, size) : undefined;
    const box = written ?? (mask && maskBox(mask));
    if (written === null) {
      const what = box ? 'taken from outlines' : 'left out';
      this.remarks.add(`boxes that are not four numbers, ${what}`, name);
    } else if (!box) this.remarks.add('objects without a box, left out', name);
    if (!box) return undefined;
    const known = area ?? (mask && maskArea(mask));
    return { id, label, box, area: known, isCrowd: isCrowd || isIgnored, outline };
  }
}
