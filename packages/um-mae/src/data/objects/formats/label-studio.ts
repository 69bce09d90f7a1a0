/** JSON exports of Label Studio, full and "JSON-MIN": boxes and polygons in percent. */
import { basename, dirname, relative } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../../errors.js';
import type { Size } from '../../../images/geometry/resize.js';
import { excluding } from '../../exclude.js';
import { Remarks } from '../../sources/remarks.js';
import type { AnnotatedImage, Annotations, WrittenObject } from '../annotations.js';
import { sizeOfImage } from '../image-size.js';
import { boxOfPolygons } from '../outlines/polygon-box.js';
import { turnedCorners } from '../outlines/turned-box.js';
import type { AnnotationOptions } from './annotation-layout.js';
import { polygonOutline } from './coco/coco-outline.js';
import { ImagesByStem } from './files/images-by-stem.js';
import { parseShape } from './files/json-shape.js';

const value = z.object({
  x: z.number().optional(),
  y: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  rotation: z.number().optional(),
  points: z.array(z.tuple([z.number(), z.number()])).optional(),
  rectanglelabels: z.array(z.string()).optional(),
  polygonlabels: z.array(z.string()).optional(),
});

const result = z.object({ type: z.string().optional(), value: value.nullish() });

const annotation = z.object({
  was_cancelled: z.boolean().optional(),
  result: z.array(result),
});

const task = z.object({
  id: z.unknown().optional(),
  data: z.record(z.string(), z.unknown()),
  annotations: z.array(annotation),
});

/** Lists and texts of a task of JSON-MIN are called like the controls and data of the project. */
const leastTask = z.object({ id: z.unknown().optional() }).catchall(z.unknown());

type Value = z.output<typeof value>;

/** A task, whichever of the two exports it is of. */
interface Task {
  readonly id: number | undefined;
  /** The image as the export names it. */
  readonly image: string;
  /** Undefined where nobody has annotated the image. */
  readonly values: readonly Value[] | undefined;
}

/** Whether JSON is such an export, at a glance. */
export function isLabelStudio(json: unknown): json is unknown[] {
  const [first] = Array.isArray(json) ? json : [];
  if (typeof first !== 'object' || first === null) return false;
  if ('data' in first && 'annotations' in first) return true;
  return imageIn(first) !== undefined && valuesIn(first).length > 0;
}

/** The part of a set that a file is of. */
interface LabelStudioPlace extends AnnotationOptions {
  readonly path: string;
  readonly part: string | undefined;
}

/**
 * Reads an export.
 *
 * @throws DataError naming the task that is not as the format has it, or when no image is there
 */
export async function readLabelStudio(
  json: readonly unknown[],
  file: string,
  { path, part, root, exclude = [] }: LabelStudioPlace,
): Promise<Annotations> {
  const remarks = new Remarks();
  const tasks = json.map((item, index) => taskOf(item, { file, place: `[${index}]` }, remarks));
  const used = tasks.flatMap(({ values = [] }) => values.flatMap((found) => labelOf(found) ?? []));
  const classes = [...new Set(used)].sort();
  const found = await ImagesByStem.below(root ?? dirname(file), excluding(exclude));
  const images: AnnotatedImage[] = [];
  for (const { id, image: name, values } of tasks) {
    if (!values) {
      remarks.add('images that nobody has annotated, left out', basename(name));
      continue;
    }
    const place = findImage(found, name);
    if (place === undefined) {
      remarks.add('images that are annotated but not there, left out', basename(name));
      continue;
    }
    const location = { kind: 'file', path: place } as const;
    const size = await sizeOfImage(location);
    if (!size) {
      remarks.add('images that cannot be read, left out', basename(name));
      continue;
    }
    const objects = values.flatMap((own) => objectOf(own, { classes, size, remarks, name }) ?? []);
    images.push({ id, name: relative(found.folder, place), location, size, objects });
  }
  if (images.length === 0) {
    throw new DataError(
      `Expected the images of ${file} below ${found.folder} but got none of ${tasks.length}.\n` +
        (remarks.describeMost() ?? 'Put them beside it, or name their folder by --data-root.'),
    );
  }
  const hasOutlines = images.some(({ objects }) => objects.some(({ outline }) => outline));
  return { path, title: 'Label Studio', part, classes, images, hasOutlines, remarks };
}

function taskOf(
  item: unknown,
  place: { readonly file: string; readonly place: string },
  remarks: Remarks,
): Task {
  const record: object = typeof item === 'object' && item !== null ? item : {};
  if (!('data' in record)) {
    const { id, ...own } = parseShape(leastTask, item, place);
    const values = parseShape(z.array(value), valuesIn(own), place);
    return { id: numberOf(id), image: imageIn(own) ?? '', values: labelled(values, remarks) };
  }
  const { id, data, annotations } = parseShape(task, item, place);
  return { id: numberOf(id), image: imageIn(data) ?? '', values: annotated(annotations, remarks) };
}

function numberOf(id: unknown): number | undefined {
  return typeof id === 'number' ? id : undefined;
}

/** Values of the first annotation that was not cancelled; undefined where there is none. */
function annotated(
  annotations: readonly z.output<typeof annotation>[],
  remarks: Remarks,
): Value[] | undefined {
  const [first, second] = annotations.filter((found) => !found.was_cancelled);
  if (second) remarks.add('images with several annotations, of which the first is taken', 'tasks');
  if (!first) return undefined;
  return first.result.flatMap(({ type = 'results', value: own }) =>
    labelled([own ?? {}], remarks, type),
  );
}

/** Values of boxes and polygons with a label. */
function labelled(values: readonly Value[], remarks: Remarks, type = 'results'): Value[] {
  return values.filter((found) => {
    if (labelOf(found) !== undefined && (found.points || found.width !== undefined)) return true;
    remarks.add('results that are neither boxes nor polygons with a label, left out', type);
    return false;
  });
}

/** Boxes and polygons of a task of JSON-MIN, whatever their list is called. */
function valuesIn(own: object): object[] {
  const items = Object.values(own).flatMap((list: unknown) => (Array.isArray(list) ? list : []));
  return items.filter(
    (item): item is object =>
      typeof item === 'object' &&
      item !== null &&
      Object.keys(item).some((key) => key.endsWith('labels')),
  );
}

function labelOf({ rectanglelabels = [], polygonlabels = [] }: Value): string | undefined {
  return rectanglelabels[0] ?? polygonlabels[0];
}

/** The image among the data of a task: the first text that is named like one, or the first. */
function imageIn(data: object): string | undefined {
  const texts = Object.values(data).filter((found) => typeof found === 'string');
  return texts.find((text) => /\.\w{3,5}$/.test(text)) ?? texts[0];
}

/** Uploads have eight letters and a dash before their name; local files stand behind `?d=`. */
function findImage(found: ImagesByStem, written: string): string | undefined {
  const name = basename(written.replace(/^.*\?d=/, ''));
  const names = [name, decodedUrl(name)];
  const candidates = [...names, ...names.map((own) => own.replace(/^[0-9a-f]{8}-/, ''))];
  return candidates.map((own) => found.find(own)).find((path) => path !== undefined);
}

/** A name in which `%20` is a blank; the name itself where it is no such code. */
function decodedUrl(name: string): string {
  try {
    return basename(decodeURIComponent(name));
  } catch (error) {
    if (error instanceof URIError) return name;
    throw error;
  }
}

/** The image of a value, and the classes that there are. */
interface Reading {
  readonly classes: readonly string[];
  readonly size: Size;
  readonly remarks: Remarks;
  readonly name: string;
}

function objectOf(
  own: Value,
  { classes, size, remarks, name }: Reading,
): WrittenObject | undefined {
  const label = classes.indexOf(labelOf(own) ?? '');
  const polygon = own.points ? pixelsOf(own.points.flat(), size) : turnedBox(own, size);
  if (!polygon) return undefined;
  const isOutline = own.points !== undefined || Boolean(own.rotation);
  const { outline, fault } = isOutline ? polygonOutline([polygon], size) : {};
  if (fault) remarks.add(`${fault}, left out`, basename(name));
  const box = boxOfPolygons([polygon]);
  return { id: undefined, label, box, area: undefined, isCrowd: false, outline };
}

/** Percent of the sides as pixels. */
function pixelsOf(percent: readonly number[], { width, height }: Size): number[] {
  return percent.map((share, i) => (share / 100) * (i % 2 === 0 ? width : height));
}

/** The corners of a box, which is turned about its first one. */
function turnedBox({ x, y, width, height, rotation = 0 }: Value, size: Size): number[] | undefined {
  if (x === undefined || y === undefined || width === undefined || height === undefined) {
    return undefined;
  }
  const [left = 0, top = 0, across = 0, down = 0] = pixelsOf([x, y, width, height], size);
  return turnedCorners([left, top, across, down], { angle: rotation, x: left, y: top });
}
