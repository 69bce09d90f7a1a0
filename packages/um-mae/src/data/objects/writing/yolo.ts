/** YOLO's label files: boxes, or one polygon an object, in shares of the image's sides. */
import { join, parse } from 'node:path';
import { stringify } from 'yaml';
import type { Size } from '../../../images/geometry/resize.js';
import type { Remarks } from '../../sources/remarks.js';
import type { WrittenObject } from '../annotations.js';
import type { FormatFiles, WrittenPart } from './format-files.js';

/** The files of a set. */
export function yoloFiles(parts: readonly WrittenPart[], remarks: Remarks): FormatFiles {
  const texts = new Map<string, string>();
  const folderOf = (part: string | undefined) => join('images', part ?? 'train');
  for (const { part, images } of parts) {
    for (const { file, size, objects } of images) {
      const lines = objects.flatMap((object) => lineOf(object, size, { file, remarks }) ?? []);
      const path = join('labels', part ?? 'train', `${parse(file).name}.txt`);
      texts.set(path, lines.map((line) => `${line}\n`).join(''));
    }
  }
  const places: Record<string, string[]> = {};
  for (const { part } of parts) {
    const key = yoloPart(part);
    places[key] = [...(places[key] ?? []), folderOf(part)];
  }
  const names = Object.fromEntries((parts[0]?.classes ?? []).map((name, label) => [label, name]));
  texts.set('data.yaml', stringify({ ...places, names }));
  return { texts, folderOf };
}

/** The key of `data.yaml` for a part of any name. */
function yoloPart(part = 'train'): string {
  if (/^val/i.test(part)) return 'val';
  return /^test/i.test(part) ? 'test' : 'train';
}

interface Loss {
  readonly file: string;
  readonly remarks: Remarks;
}

function lineOf(
  { label, box, isCrowd, outline }: WrittenObject,
  size: Size,
  { file, remarks }: Loss,
): string | undefined {
  if (isCrowd) {
    remarks.add('crowds, which YOLO does not have, left out', file);
    return undefined;
  }
  const [first, ...others] = outline?.kind === 'polygons' ? outline.polygons : [];
  if (outline && (!first || others.length > 0)) {
    remarks.add('outlines that are not one polygon, written as boxes', file);
  }
  if (first && others.length === 0) {
    return [label, ...shares(first, size)].join(' ');
  }
  const [left, top, width, height] = box;
  return [label, ...shares([left + width / 2, top + height / 2, width, height], size)].join(' ');
}

/** Digits that give the pixels back. */
const digits = 12;

function shares(numbers: readonly number[], { width, height }: Size): number[] {
  return numbers.map((number, i) =>
    Number((number / (i % 2 === 0 ? width : height)).toPrecision(digits)),
  );
}
