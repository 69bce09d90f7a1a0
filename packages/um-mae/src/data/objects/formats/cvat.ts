/** Exports of CVAT, "CVAT for images 1.1": one XML file with boxes, polygons and masks. */
import { basename, dirname, join, relative } from 'node:path';
import { encodeMask, maskBox } from '../../../detection/run-lengths/run-lengths.js';
import { DataError } from '../../../errors.js';
import type { Size } from '../../../images/geometry/resize.js';
import { excluding } from '../../exclude.js';
import { filesIn } from '../../segmentation/layouts/folders.js';
import { Remarks } from '../../sources/remarks.js';
import type { AnnotatedImage, Annotations, WrittenObject } from '../annotations.js';
import { boxOfPolygons } from '../polygon-box.js';
import type { AnnotationLayout, AnnotationOptions } from './annotation-layout.js';
import { polygonOutline } from './coco/coco-outline.js';
import { ImagesByStem } from './files/images-by-stem.js';
import { readText } from './files/text-file.js';
import { childOf, childrenOf, isElement, parseXml, textOf, type XmlElement } from './files/xml.js';

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
  const root = parseXml(readText(file));
  if (!isElement(root))
    throw new DataError(`Expected an export of CVAT in ${file} but got a file ${root.fault}.`);
  if (root.name !== 'annotations') {
    throw new DataError(`Expected \`annotations\` of CVAT in ${file} but got \`${root.name}\`.`);
  }
  const images = childrenOf(root, 'image');
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
  const annotated = images.flatMap((image): AnnotatedImage[] => {
    const { name = '', id, width, height } = image.attributes;
    const path = found.find(name);
    if (path === undefined) {
      remarks.add('images that are annotated but not there, left out', name);
      return [];
    }
    const size = { width: Number(width), height: Number(height) };
    const objects = image.children.flatMap((shape) => {
      const label = classes.indexOf(shape.attributes.label ?? '');
      const object = label < 0 ? undefined : shapeOf(shape, label, size);
      if (!object)
        remarks.add(`shapes \`${shape.name}\` that are no objects with a class, left out`, name);
      return object ?? [];
    });
    const location = { kind: 'file', path } as const;
    return [{ id: Number(id) + 1, name: relative(found.folder, path), location, size, objects }];
  });
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

function shapeOf(
  { name, attributes }: XmlElement,
  label: number,
  size: Size,
): WrittenObject | undefined {
  const number = (key: string) => Number(attributes[key]);
  if (name === 'box') {
    const [left, top, right, bottom] = ['xtl', 'ytl', 'xbr', 'ybr'].map(number) as [
      number,
      number,
      number,
      number,
    ];
    return { ...plain, label, box: [left, top, right - left, bottom - top], outline: undefined };
  }
  if (name === 'polygon') {
    const polygon = (attributes.points ?? '').split(/[;,]/).map(Number);
    const { outline } = polygonOutline([polygon], size);
    return { ...plain, label, box: boxOfPolygons([polygon]), outline };
  }
  if (name !== 'mask') return undefined;
  const place = {
    left: number('left'),
    top: number('top'),
    width: number('width'),
    height: number('height'),
  };
  const mask = encodeMask(spreadMask(attributes.rle ?? '', place, size), size);
  return { ...plain, label, box: maskBox(mask), outline: { kind: 'run-lengths', mask } };
}

/** Pixels of a mask, whose runs go along the rows of its box and begin outside. */
function spreadMask(
  runs: string,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
  size: Size,
): Uint8Array {
  const pixels = new Uint8Array(size.width * size.height);
  let place = 0;
  for (const [i, run] of runs.split(',').map(Number).entries()) {
    for (const end = Math.min(place + run, width * height); place < end; place++) {
      if (i % 2 === 0) continue;
      const [x, y] = [left + (place % width), top + Math.floor(place / width)];
      if (x < size.width && y < size.height) pixels[y * size.width + x] = 1;
    }
  }
  return pixels;
}
