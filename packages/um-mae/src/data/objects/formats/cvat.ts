/** Exports of CVAT, "CVAT for images 1.1": one XML file with boxes, polygons and masks. */
import { basename, dirname, join, relative } from 'node:path';
import {
  type CocoBox,
  maskBox,
  type RunLengths,
} from '../../../detection/run-lengths/run-lengths.js';
import { DataError } from '../../../errors.js';
import type { Size } from '../../../images/geometry/resize.js';
import { excluding } from '../../exclude.js';
import { filesIn } from '../../segmentation/layouts/folders.js';
import { Remarks } from '../../sources/remarks.js';
import type { AnnotatedImage, Annotations, WrittenObject } from '../annotations.js';
import { sizeOfImage, writtenSize } from '../image-size.js';
import { maskOfBitmap } from '../outlines/bitmap.js';
import { boxOfPolygons } from '../outlines/polygon-box.js';
import { turnedCorners } from '../outlines/turned-box.js';
import type { AnnotationLayout, AnnotationOptions } from './annotation-layout.js';
import { polygonOutline } from './coco/coco-outline.js';
import { ImagesByStem } from './files/images-by-stem.js';
import { childOf, childrenOf, isElement, readXml, textOf, type XmlElement } from './files/xml.js';

const title = 'CVAT';

/** `annotations.xml` in a folder; subsets of CVAT are its parts. */
export async function cvatLayout(
  root: string,
  options: AnnotationOptions,
): Promise<AnnotationLayout | undefined> {
  const file = (await filesIn(root)).find((name) => /^annotations?\.xml$/i.test(name));
  if (file === undefined) return undefined;
  return cvatFile(join(root, file), options);
}

/**
 * The parts of a file.
 *
 * @throws DataError when it is no export of CVAT
 */
export function cvatFile(file: string, options: AnnotationOptions): AnnotationLayout {
  const root = readXml(file);
  if (!isElement(root))
    throw new DataError(`Expected an export of CVAT in ${file} but got a file ${root.fault}.`);
  if (root.name !== 'annotations') {
    throw new DataError(`Expected \`annotations\` of CVAT in ${file} but got \`${root.name}\`.`);
  }
  const images = childrenOf(root, 'image');
  if (images.length === 0) {
    const found = childOf(root, 'track') ? 'tracks of a video' : 'none';
    throw new DataError(
      `Expected images in ${file} but got ${found}.\nExport the task as "CVAT for images".`,
    );
  }
  const subsets = [...new Set(images.map(({ attributes }) => subsetOf(attributes)))];
  const parts = subsets.map((part) => ({
    name: part,
    open: () =>
      readCvat(file, {
        ...options,
        part,
        root,
        images: images.filter(({ attributes }) => subsetOf(attributes) === part),
      }),
  }));
  return { title, parts };
}

/** The part of an image; CVAT calls it `default` where nobody chose one. */
function subsetOf({ subset }: XmlElement['attributes']): string | undefined {
  return subset === undefined || subset === 'default' ? undefined : subset.toLowerCase();
}

interface CvatPart extends Omit<AnnotationOptions, 'root'> {
  readonly part: string | undefined;
  readonly root: XmlElement;
  readonly images: readonly XmlElement[];
}

async function readCvat(
  file: string,
  { part, root, images, exclude = [] }: CvatPart,
): Promise<Annotations> {
  const remarks = new Remarks();
  const classes = classesOf(root);
  const found = await ImagesByStem.below(dirname(file), excluding(exclude));
  for (const { attributes } of childrenOf(root, 'track')) {
    remarks.add('tracks, which videos have, left out', attributes.label ?? 'without a label');
  }
  const annotated: AnnotatedImage[] = [];
  for (const image of images) {
    const { name = '', id } = image.attributes;
    const path = found.find(name);
    if (path === undefined) {
      remarks.add('images that are annotated but not there, left out', name);
      continue;
    }
    const location = { kind: 'file', path } as const;
    const size = sizeIn(image) ?? (await sizeOfImage(location));
    if (!size) {
      remarks.add('images that cannot be read, left out', name);
      continue;
    }
    const objects = image.children.flatMap((shape) => {
      const label = classes.indexOf(shape.attributes.label ?? '');
      if (label >= 0 && ['box', 'polygon', 'mask'].includes(shape.name)) {
        return shapeOf(shape, { label, size, remarks, name }) ?? [];
      }
      remarks.add(`shapes \`${shape.name}\` that are no objects with a class, left out`, name);
      return [];
    });
    const number = Number.isInteger(Number(id)) ? Number(id) + 1 : undefined;
    annotated.push({ id: number, name: relative(found.folder, path), location, size, objects });
  }
  if (annotated.length === 0) {
    throw new DataError(
      `Expected the images of ${file} below ${dirname(file)} but got none of ${images.length}.`,
    );
  }
  const hasOutlines = annotated.some(({ objects }) => objects.some(({ outline }) => outline));
  return { path: basename(file), title, part, classes, images: annotated, hasOutlines, remarks };
}

/** The labels of the task, in its order, or those that are used. */
function classesOf(root: XmlElement): string[] {
  const meta = childOf(root, 'meta');
  const owner = meta && (childOf(meta, 'task') ?? childOf(meta, 'project') ?? childOf(meta, 'job'));
  const labels = owner && childOf(owner, 'labels');
  const named = labels
    ? childrenOf(labels, 'label').flatMap((label) => textOf(label, 'name') ?? [])
    : [];
  if (named.length > 0) return named;
  const used = childrenOf(root, 'image').flatMap(({ children }) =>
    children.flatMap(({ attributes }) => attributes.label ?? []),
  );
  return [...new Set(used)].sort();
}

const plain = { id: undefined, area: undefined, isCrowd: false } as const;

/** The class and the image of a shape. */
interface ShapePlace {
  readonly label: number;
  readonly size: Size;
  readonly remarks: Remarks;
  readonly name: string;
}

function sizeIn({ attributes }: XmlElement): Size | undefined {
  return writtenSize(Number(attributes.width), Number(attributes.height));
}

function shapeOf(
  { name: kind, attributes }: XmlElement,
  { label, size, remarks, name }: ShapePlace,
): WrittenObject | undefined {
  if (kind === 'mask') {
    const mask = maskIn(attributes, size);
    if (mask)
      return { ...plain, label, box: maskBox(mask), outline: { kind: 'run-lengths', mask } };
    remarks.add('masks that do not fit their image, left out', name);
    return undefined;
  }
  if (kind === 'box' && Number(attributes.rotation ?? 0) === 0) {
    return { ...plain, label, box: boxIn(attributes), outline: undefined };
  }
  const polygon = kind === 'box' ? turnedBox(attributes) : cornersIn(attributes);
  const { outline, fault } = polygonOutline([polygon], size);
  if (fault) remarks.add(`${fault}, left out`, name);
  return { ...plain, label, box: boxOfPolygons([polygon]), outline };
}

function cornersIn({ points = '' }: XmlElement['attributes']): number[] {
  return points.split(/[;,]/).map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
}

function boxIn(attributes: XmlElement['attributes']): CocoBox {
  const side = (key: string) => Number(attributes[key]);
  const [left, top] = [side('xtl'), side('ytl')];
  return [left, top, side('xbr') - left, side('ybr') - top];
}

/** The corners of a box, which is turned about its middle. */
function turnedBox(attributes: XmlElement['attributes']): number[] {
  const box = boxIn(attributes);
  const [left, top, width, height] = box;
  const angle = Number(attributes.rotation);
  return turnedCorners(box, { angle, x: left + width / 2, y: top + height / 2 });
}

/**
 * A mask, whose runs go along the rows of its box and begin outside; undefined where it does not lie
 * in its image, its runs are not those of its box, or no pixel is inside.
 */
function maskIn(attributes: XmlElement['attributes'], size: Size): RunLengths | undefined {
  const number = (key: string) => Number(attributes[key]);
  const [left, top] = [number('left'), number('top')];
  const [width, height] = [number('width'), number('height')];
  const runs = (attributes.rle ?? '').split(',').map(Number);
  const isWhole = [left, top, width, height, ...runs].every((n) => Number.isInteger(n) && n >= 0);
  const isInside = left + width <= size.width && top + height <= size.height;
  const total = runs.reduce((sum, run) => sum + run, 0);
  if (!isWhole || !isInside || total > width * height) return undefined;
  const pixels = new Uint8Array(width * height);
  let place = 0;
  for (const [i, run] of runs.entries()) {
    if (i % 2 === 1) pixels.fill(1, place, place + run);
    place += run;
  }
  if (!pixels.includes(1)) return undefined;
  return maskOfBitmap({ left, top, width, height, pixels }, size);
}
