/** Pascal VOC's annotations: an XML file for each image. */
import { parse, relative } from 'node:path';
import { DataError } from '../../../../errors.js';
import type { Size } from '../../../../images/geometry/resize.js';
import { excluding } from '../../../exclude.js';
import { namesInList } from '../../../segmentation/layouts/layout.js';
import { Remarks } from '../../../sources/remarks.js';
import type { AnnotatedImage, Annotations, WrittenObject } from '../../annotations.js';
import { sizeOfImage, writtenSize } from '../../image-size.js';
import type { AnnotationOptions } from '../annotation-layout.js';
import { namesBeside } from '../files/class-file.js';
import { ImagesByStem } from '../files/images-by-stem.js';
import { childOf, childrenOf, isElement, readXml, textOf, type XmlElement } from '../files/xml.js';

/** Folders of annotations and of their images, and the names of the part where it is a list. */
export interface VocPlace extends AnnotationOptions {
  readonly root: string;
  readonly annotated: string;
  readonly images: string;
  readonly part: string | undefined;
  readonly list?: string | undefined;
}

/** A file of annotations. */
interface VocDocument {
  /** The path of the file below that of all annotations. */
  readonly name: string;
  readonly element: XmlElement;
}

/**
 * Reads the annotations of a part.
 *
 * @throws DataError when none of the images is there
 */
export async function readVoc(place: VocPlace): Promise<Annotations> {
  const { root, part, exclude = [] } = place;
  const remarks = new Remarks();
  const found = await ImagesByStem.below(place.images, excluding(exclude));
  const documents = await readDocuments(place, remarks);
  const origin = documents.some(({ element }) => countsFromZero(element)) ? 0 : 1;
  if (origin === 0) remarks.add('sets whose boxes begin at 0, not at 1 as those of VOC', root);
  const names = documents.flatMap(({ element }) => namesOf(element));
  const reading = { classes: namesBeside(root, names), origin, remarks } as const;
  const images: AnnotatedImage[] = [];
  for (const document of documents) {
    const image = await readImage(document, found, reading);
    if (image) images.push(image);
  }
  if (images.length === 0) throw noImages(place, documents.length, remarks);
  if (place.list === undefined && part === undefined) noteAlone(found, images, remarks);
  const { classes } = reading;
  return { path: root, title: 'Pascal VOC', part, classes, images, hasOutlines: false, remarks };
}

/** The files of a part that are XML. */
async function readDocuments(
  { annotated, list }: VocPlace,
  remarks: Remarks,
): Promise<VocDocument[]> {
  const chosen = list === undefined ? undefined : await namesInList(list);
  const files = (await ImagesByStem.below(annotated)).others
    .filter((path) => /\.xml$/i.test(path) && (!chosen || chosen.has(parse(path).name)))
    .sort();
  const known = new Set(files.map((path) => parse(path).name));
  for (const name of chosen ?? []) {
    if (!known.has(name)) remarks.add('images of the list without annotations, left out', name);
  }
  return files.flatMap((path) => {
    const name = relative(annotated, path);
    const element = readXml(path);
    if (isElement(element)) return [{ name, element }];
    remarks.add(`XML files ${element.fault.replace(/ \(.*/, '')}, left out`, name);
    return [];
  });
}

async function readImage(
  { name, element }: VocDocument,
  found: ImagesByStem,
  reading: VocReading,
): Promise<AnnotatedImage | undefined> {
  const { remarks } = reading;
  const path = found.find(name) ?? found.find(textOf(element, 'filename') ?? name);
  if (path === undefined) {
    remarks.add('images that are annotated but not there, left out', name);
    return undefined;
  }
  const location = { kind: 'file', path } as const;
  const size = sizeIn(element) ?? (await sizeOfImage(location));
  if (!size) {
    remarks.add('images that cannot be read, left out', name);
    return undefined;
  }
  const objects = objectsOf(element, name, reading);
  return { id: undefined, name: relative(found.folder, path), location, size, objects };
}

/** Names images of a set without parts that nobody has annotated. */
function noteAlone(
  { folder, paths }: ImagesByStem,
  images: readonly AnnotatedImage[],
  remarks: Remarks,
): void {
  const known = new Set(images.map(({ name }) => name));
  for (const name of paths.map((path) => relative(folder, path))) {
    if (!known.has(name)) remarks.add('images without an XML file, left out', name);
  }
}

function noImages({ annotated, images }: VocPlace, files: number, remarks: Remarks): DataError {
  return new DataError(
    `Expected images of the annotations in ${annotated} in ${images} but got none for ${files} files.\n` +
      (remarks.describeMost() ?? 'Give images and XML files the same names.'),
  );
}

function sizeIn(element: XmlElement): Size | undefined {
  const size = childOf(element, 'size');
  const [width, height] = ['width', 'height'].map((name) => Number(size && textOf(size, name)));
  return writtenSize(width, height);
}

/** Corners are written as the first and the last pixel, from 1; programs write 0, too. */
function countsFromZero(element: XmlElement): boolean {
  return childrenOf(element, 'object').some((object) => {
    const [left, top] = cornersOf(object) ?? [];
    return left === 0 || top === 0;
  });
}

function namesOf(element: XmlElement): string[] {
  return childrenOf(element, 'object').flatMap((object) => textOf(object, 'name') || []);
}

function cornersOf(object: XmlElement): [number, number, number, number] | undefined {
  const box = childOf(object, 'bndbox');
  if (!box) return undefined;
  const corners = ['xmin', 'ymin', 'xmax', 'ymax'].map((name) =>
    Number(textOf(box, name) || Number.NaN),
  );
  return corners.some(Number.isNaN) ? undefined : (corners as [number, number, number, number]);
}

/** The classes of a part and the way in which corners are counted. */
interface VocReading {
  readonly classes: readonly string[];
  readonly origin: 0 | 1;
  readonly remarks: Remarks;
}

function objectsOf(
  element: XmlElement,
  name: string,
  { classes, origin, remarks }: VocReading,
): WrittenObject[] {
  return childrenOf(element, 'object').flatMap((object): WrittenObject[] => {
    const corners = cornersOf(object);
    const label = classes.indexOf(textOf(object, 'name') ?? '');
    if (!corners || label < 0) {
      remarks.add('objects without a name or a box, left out', name);
      return [];
    }
    const [firstX, firstY, lastX, lastY] = corners;
    if (lastX < firstX || lastY < firstY)
      remarks.add('boxes with swapped corners, put right', name);
    const [left, right] = [Math.min(firstX, lastX), Math.max(firstX, lastX)];
    const [top, bottom] = [Math.min(firstY, lastY), Math.max(firstY, lastY)];
    const isDifficult = textOf(object, 'difficult') === '1';
    if (isDifficult) remarks.add('difficult objects, neither learnt nor counted', name);
    // A box of one number for both corners marks nothing, though the format means a pixel by it.
    const isEmpty = right === left || bottom === top;
    const box = isEmpty
      ? ([left - origin, top - origin, right - left, bottom - top] as const)
      : ([left - origin, top - origin, right - left + origin, bottom - top + origin] as const);
    return [
      { id: undefined, label, box, area: undefined, isCrowd: isDifficult, outline: undefined },
    ];
  });
}
