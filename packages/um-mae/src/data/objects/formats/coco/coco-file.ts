/** The contents of a JSON file in COCO's format, item by item. */
import type { CocoBox } from '../../../../detection/run-lengths/run-lengths.js';
import { DataError } from '../../../../errors.js';
import { shownValue } from '../../../../expectations.js';
import type { Size } from '../../../../images/geometry/resize.js';
import type { Remarks } from '../../../sources/remarks.js';
import { writtenSize } from '../../image-size.js';

/** A number of an image, an object or a class; some programs write texts, which stay what they are. */
export type CocoId = number | string;

/** An image of a file. */
export interface CocoImage {
  readonly id: CocoId;
  readonly name: string;
  /** Undefined where the file has none. */
  readonly size: Size | undefined;
}

/** An object of a file. */
export interface CocoAnnotation {
  /** Undefined where the file has none, or a text. */
  readonly id: number | undefined;
  readonly image: CocoId;
  readonly category: CocoId;
  /** Undefined where the file has none; null where it has something else than four numbers. */
  readonly box: CocoBox | undefined | null;
  readonly area: number | undefined;
  readonly isCrowd: boolean;
  /** Whether the file says that the object is to be ignored. */
  readonly isIgnored: boolean;
  readonly segmentation: unknown;
}

/** A class of a file. */
export interface CocoCategory {
  readonly id: CocoId;
  readonly name: string;
}

/** A file of annotations, as it is. */
export interface CocoFile {
  readonly images: readonly CocoImage[];
  readonly categories: readonly CocoCategory[];
  readonly annotations: readonly CocoAnnotation[];
}

/** The lists that a file has. */
export const cocoKeys = ['images', 'annotations', 'categories'] as const;

/** Whether JSON is of COCO's format, at a glance. */
export function isCoco(json: unknown): json is Readonly<Record<string, unknown>> {
  return missingKeys(json).length === 0;
}

/** The lists that JSON lacks. */
export function missingKeys(json: unknown): string[] {
  return cocoKeys.filter((key) => !(isRecord(json) && key in json));
}

/**
 * Reads images, classes and objects; images and objects that are none are left out and counted.
 *
 * @throws DataError where one of the lists is none, or a class has no number or name
 */
export function cocoFile(
  json: Readonly<Record<string, unknown>>,
  path: string,
  remarks: Remarks,
): CocoFile {
  const images = listOf(json, 'images', path).flatMap((item, place) => {
    const image = imageOf(item);
    if (!image) remarks.add('images without a number or a name, left out', `images[${place}]`);
    return image ?? [];
  });
  const categories = listOf(json, 'categories', path).map((item, place): CocoCategory => {
    const { id, name } = isRecord(item) ? item : {};
    if (isId(id) && typeof name === 'string' && name !== '') return { id: idOf(id), name };
    throw new DataError(
      `Expected \`id\` and \`name\` of a class for \`categories[${place}]\` in ${path} but got ${shownValue(item)}.`,
    );
  });
  const annotations = listOf(json, 'annotations', path).flatMap((item, place) => {
    const annotation = annotationOf(item);
    if (!annotation) {
      remarks.add(
        'objects without the number of an image or a class, left out',
        `annotations[${place}]`,
      );
    }
    return annotation ?? [];
  });
  return { images, categories, annotations };
}

function listOf(
  json: Readonly<Record<string, unknown>>,
  key: string,
  path: string,
): readonly unknown[] {
  const list = json[key];
  if (Array.isArray(list)) return list;
  throw new DataError(`Expected a list for \`${key}\` in ${path} but got ${shownValue(list)}.`);
}

function imageOf(item: unknown): CocoImage | undefined {
  const { id, file_name: name, width, height } = isRecord(item) ? item : {};
  if (!isId(id) || typeof name !== 'string' || name === '') return undefined;
  const size = writtenSize(width, height);
  return { id: idOf(id), name: name.replaceAll('\\', '/'), size };
}

function annotationOf(item: unknown): CocoAnnotation | undefined {
  const { id, image_id: image, category_id: category, bbox, ...own } = isRecord(item) ? item : {};
  if (!isId(image) || !isId(category)) return undefined;
  const number = isId(id) ? idOf(id) : undefined;
  return {
    id: typeof number === 'number' ? number : undefined,
    image: idOf(image),
    category: idOf(category),
    box: boxOf(bbox),
    area: typeof own.area === 'number' ? own.area : undefined,
    isCrowd: isSet(own.iscrowd),
    isIgnored: isSet(own.ignore),
    segmentation: own.segmentation,
  };
}

function boxOf(written: unknown): CocoBox | undefined | null {
  if (written === undefined || written === null) return undefined;
  if (!Array.isArray(written)) return null;
  if (written.length === 0) return undefined;
  return isBox(written) ? written : null;
}

function isBox(list: readonly unknown[]): list is CocoBox {
  return list.length === 4 && list.every((value) => typeof value === 'number');
}

function isRecord(item: unknown): item is Readonly<Record<string, unknown>> {
  return typeof item === 'object' && item !== null && !Array.isArray(item);
}

function isId(value: unknown): value is CocoId {
  return typeof value === 'number' || (typeof value === 'string' && value !== '');
}

/** Texts that are whole numbers are numbers. */
function idOf(id: CocoId): CocoId {
  return typeof id === 'string' && /^-?\d{1,15}$/.test(id) ? Number(id) : id;
}

/** Whether a mark is set: programs write 1, true, or one of them as a text. */
function isSet(mark: unknown): boolean {
  return (
    mark === true || (typeof mark === 'number' && mark !== 0) || mark === '1' || mark === 'true'
  );
}
