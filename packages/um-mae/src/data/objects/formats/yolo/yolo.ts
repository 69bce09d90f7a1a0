/** Sets in YOLO's layout: a text beside each image, and `data.yaml` for the parts and classes. */
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { DataError } from '../../../../errors.js';
import { excluding } from '../../../exclude.js';
import { Remarks } from '../../../sources/remarks.js';
import type { AnnotatedImage, Annotations } from '../../annotations.js';
import { sizeOfImage } from '../../image-size.js';
import type { AnnotationOptions } from '../annotation-layout.js';
import { ImagesByStem, stemOf } from '../files/images-by-stem.js';
import { readLines } from '../files/text-file.js';
import { yoloObjects } from './yolo-text.js';

/** A part of a set, whose folder or list is known. */
export interface YoloPlace extends AnnotationOptions {
  readonly root: string;
  readonly part: string | undefined;
  /** Folders of images, and images of lists. */
  readonly folders: readonly string[];
  readonly listed: readonly string[];
  /** Names of classes; undefined where only numbers are known. */
  readonly names: readonly string[] | undefined;
  /** Whether key points stand behind each box. Default false. */
  readonly hasPoints?: boolean;
}

/** Reads the label files of a part. */
export async function readYolo(place: YoloPlace): Promise<Annotations> {
  const { root, part, folders, listed, exclude = [] } = place;
  const remarks = new Remarks();
  const isExcluded = excluding(exclude);
  const found = await Promise.all(folders.map((folder) => ImagesByStem.below(folder, isExcluded)));
  const paths = [...new Set([...found.flatMap((images) => images.paths), ...listed])];
  if (paths.length === 0) {
    throw new DataError(
      `Expected images of ${part === undefined ? 'the set' : `the part \`${part}\``} in ${folders.join(', ') || root} but got none.`,
    );
  }
  const labelled = paths.map((path) => ({ path, lines: linesFor(path) }));
  const classes = place.names ?? numbersIn(labelled.flatMap(({ lines }) => lines ?? []));
  if (!place.names) remarks.add('sets without names of classes (data.yaml), numbered', root);
  const images: AnnotatedImage[] = [];
  for (const { path, lines } of labelled) {
    const name = relative(root, path);
    if (!existsSync(path)) {
      remarks.add('images of the list that are not there, left out', name);
      continue;
    }
    const location = { kind: 'file', path } as const;
    const size = await sizeOfImage(location);
    if (!size) {
      remarks.add('images that cannot be read, left out', name);
      continue;
    }
    if (!lines) remarks.add('images without a label file, taken as empty', name);
    const { hasPoints } = place;
    const image = { name, size, classes: classes.length, hasPoints, remarks };
    images.push({ id: undefined, name, location, size, objects: yoloObjects(lines ?? [], image) });
  }
  checkShares(place, images, remarks);
  noteTextsAlone(found, paths, remarks);
  const hasOutlines = images.some(({ objects }) => objects.some(({ outline }) => outline));
  return { path: root, title: 'YOLO', part, classes, images, hasOutlines, remarks };
}

/** The label file of an image: beside it, or below `labels/` where it lies below `images/`. */
export function labelFileOf(image: string): string {
  const stem = stemOf(image);
  const at = stem.lastIndexOf('/images/');
  return `${at < 0 ? stem : `${stem.slice(0, at)}/labels/${stem.slice(at + 8)}`}.txt`;
}

function linesFor(image: string): readonly string[] | undefined {
  const file = labelFileOf(image);
  return existsSync(file) ? readLines(file) : undefined;
}

/** A larger number is damage: no set has so many classes. */
const mostClasses = 2 ** 16;

/** Numbers as names, up to the largest that is used. */
function numbersIn(lines: readonly string[]): string[] {
  const numbers = lines.map((line) => Number(line.split(/\s+/)[0])).filter(Number.isInteger);
  const most = numbers.reduce(
    (largest, number) => (number < mostClasses ? Math.max(largest, number) : largest),
    -1,
  );
  return Array.from({ length: most + 1 }, (_, number) => `${number}`);
}

function checkShares(
  { root, part }: YoloPlace,
  images: readonly AnnotatedImage[],
  remarks: Remarks,
): void {
  const pixels = remarks.count('boxes in pixels where shares of the sides are expected, left out');
  if (pixels === 0 || images.some(({ objects }) => objects.length > 0)) return;
  throw new DataError(
    `Expected boxes as shares of the sides in the label files of ${part ?? root} but got pixels in all ${pixels}.\n` +
      'Divide them by the width and the height of their images.',
  );
}

/** Texts that are named like no image, beside texts that are. */
function noteTextsAlone(
  found: readonly ImagesByStem[],
  images: readonly string[],
  remarks: Remarks,
): void {
  const stems = new Set(images.map(stemOf));
  for (const { folder, others } of found) {
    for (const path of others) {
      if (!path.endsWith('.txt') || /(?:classes|labels|train|val|test|readme\w*)\.txt$/i.test(path))
        continue;
      if (!stems.has(stemOf(path))) {
        remarks.add('label files without an image, left out', relative(folder, path));
      }
    }
  }
}
