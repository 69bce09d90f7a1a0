/** COCO's JSON, one file for each part: it holds all that any other format has. */
import { join } from 'node:path';
import { maskArea } from '../../../detection/run-lengths/run-lengths.js';
import { compressMask } from '../../../detection/run-lengths/text.js';
import type { Size } from '../../../images/geometry/resize.js';
import type { WrittenObject } from '../annotations.js';
import type { Outline } from '../known-objects.js';
import { maskOfOutline } from '../outlines/bitmap.js';
import type { FormatFiles, WrittenPart } from './format-files.js';

/** The files of a set. */
export function cocoFiles(parts: readonly WrittenPart[]): FormatFiles {
  const texts = new Map<string, string>();
  let [nextImage, nextObject] = [1, 1];
  for (const { part, classes, images } of parts) {
    const isNumbered = images.every(({ id }) => id !== undefined);
    const areNumbered = images.every(({ objects }) => objects.every(({ id }) => id !== undefined));
    const listed = images.map((image) => {
      const number = isNumbered ? image.id : undefined;
      return { ...image, number: number ?? nextImage++ };
    });
    const annotations = listed.flatMap(({ number, size, objects }) =>
      objects.map((object) =>
        annotationOf(object, size, {
          image: number,
          id: (areNumbered ? object.id : undefined) ?? nextObject++,
        }),
      ),
    );
    const file = {
      images: listed.map(({ number, file: name, size: { width, height } }) => ({
        id: number,
        file_name: name,
        width,
        height,
      })),
      categories: classes.map((name, label) => ({ id: label + 1, name })),
      annotations,
    };
    texts.set(join('annotations', `${fileName(part)}.json`), `${JSON.stringify(file)}\n`);
  }
  return { texts, folderOf: (part) => join('images', part ?? '') };
}

function fileName(part: string | undefined): string {
  return part === undefined ? 'instances' : `instances_${part}`;
}

function annotationOf(
  { label, box, area, isCrowd, outline }: WrittenObject,
  size: Size,
  { id, image }: { readonly id: number; readonly image: number },
) {
  const [, , width, height] = box;
  return {
    id,
    image_id: image,
    category_id: label + 1,
    bbox: box,
    area: area ?? (outline ? maskArea(maskOfOutline(outline, size)) : width * height),
    iscrowd: isCrowd ? 1 : 0,
    segmentation: outline ? segmentationOf(outline) : [],
  };
}

/** An outline as COCO's files write it: polygons, or compressed run lengths. */
export function segmentationOf(outline: Outline) {
  return outline.kind === 'polygons' ? outline.polygons : compressMask(outline.mask);
}
