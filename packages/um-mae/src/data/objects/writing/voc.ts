/** Pascal VOC's XML, one file for each image: boxes alone. */
import { join, parse } from 'node:path';
import type { Remarks } from '../../sources/remarks.js';
import type { WrittenObject } from '../annotations.js';
import type { FormatFiles, WrittenImage, WrittenPart } from './format-files.js';

/** The files of a set. */
export function vocFiles(parts: readonly WrittenPart[], remarks: Remarks): FormatFiles {
  const texts = new Map<string, string>();
  for (const { part, classes, images } of parts) {
    for (const image of images) {
      const path = join('Annotations', `${parse(image.file).name}.xml`);
      texts.set(path, documentOf(image, classes));
      for (const object of image.objects) noteLosses(object, image.file, remarks);
    }
    const names = images.map(({ file }) => `${parse(file).name}\n`);
    if (part !== undefined) texts.set(join('ImageSets', 'Main', `${part}.txt`), names.join(''));
    texts.set('classes.txt', classes.map((name) => `${name}\n`).join(''));
  }
  return { texts, folderOf: () => 'JPEGImages' };
}

function noteLosses(
  { outline, isCrowd, box: [, , width, height] }: WrittenObject,
  file: string,
  remarks: Remarks,
): void {
  if (outline) remarks.add('outlines, which Pascal VOC does not have: boxes are written', file);
  if (isCrowd) remarks.add('crowds, which Pascal VOC does not have: written as difficult', file);
  if (width === 1 || height === 1) {
    remarks.add('boxes of one pixel across, which readers of Pascal VOC take for empty', file);
  }
}

function documentOf({ file, size, objects }: WrittenImage, classes: readonly string[]): string {
  const { width, height } = size;
  return [
    '<annotation>',
    `  <filename>${escaped(file)}</filename>`,
    `  <size><width>${width}</width><height>${height}</height><depth>3</depth></size>`,
    '  <segmented>0</segmented>',
    ...objects.map((object) => objectOf(object, classes[object.label] ?? '')),
    '</annotation>\n',
  ].join('\n');
}

/** Corners are the first and the last pixel, counted from 1; an empty box has one for both. */
function objectOf({ box, isCrowd }: WrittenObject, name: string): string {
  const [left, top, width, height] = box;
  const isEmpty = width === 0 || height === 0;
  const [right, bottom] = [left + width + (isEmpty ? 1 : 0), top + height + (isEmpty ? 1 : 0)];
  return [
    '  <object>',
    `    <name>${escaped(name)}</name>`,
    `    <difficult>${isCrowd ? 1 : 0}</difficult>`,
    '    <bndbox>',
    `      <xmin>${left + 1}</xmin><ymin>${top + 1}</ymin>`,
    `      <xmax>${right}</xmax><ymax>${bottom}</ymax>`,
    '    </bndbox>',
    '  </object>',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
