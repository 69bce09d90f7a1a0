/** Writes sets of annotated images in another format, with their images. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { UnreadableImage } from '../../../images/unreadable-image.js';
import { writeNewFolder } from '../../curation/new-folder.js';
import { ImageReader } from '../../sources/read-image.js';
import { type Remark, Remarks } from '../../sources/remarks.js';
import type { Annotations } from '../annotations.js';
import { withSharedClasses } from '../shared-classes.js';
import { cocoFiles } from './coco.js';
import type { WrittenPart } from './format-files.js';
import { vocFiles } from './voc.js';
import { yoloFiles } from './yolo.js';

/** Formats that are written. */
export const writtenFormats = ['coco', 'voc', 'yolo'] as const;

/** A format that is written. */
export type WrittenFormat = (typeof writtenFormats)[number];

/** Options of a conversion. */
export interface ConvertOptions {
  readonly format: WrittenFormat;
  /** The folder of the new set; it appears when all is written. */
  readonly out: string;
  /** Called with the number of images copied so far. */
  readonly onProgress?: (done: number) => void;
}

/** The contents of a new set, and what its format cannot hold. */
export interface ConvertReport {
  readonly images: number;
  readonly objects: number;
  readonly remarks: readonly Remark[];
}

const writers = { coco: cocoFiles, voc: vocFiles, yolo: yoloFiles } as const;

/**
 * Writes all parts of a set.
 *
 * @throws DataError when the folder holds anything, or cannot be written
 */
export async function convertAnnotations(
  parts: readonly Annotations[],
  { format, out, onProgress }: ConvertOptions,
): Promise<ConvertReport> {
  const remarks = new Remarks();
  for (const part of parts) for (const remark of part.remarks.list()) remarks.merge(remark);
  const named = withFileNames(withSharedClasses(parts), format);
  const { texts, folderOf } = writers[format](named, remarks);
  return writeNewFolder(out, 'the new set', async (aside) => {
    for (const [path, text] of texts) {
      mkdirSync(join(aside, dirname(path)), { recursive: true });
      writeFileSync(join(aside, path), text);
    }
    const reader = new ImageReader();
    let images = 0;
    for (const { part, images: own } of named) {
      const folder = join(aside, folderOf(part));
      mkdirSync(folder, { recursive: true });
      for (const { file, location, name } of own) {
        try {
          writeFileSync(join(folder, file), await reader.read(location));
          images++;
        } catch (error) {
          if (!(error instanceof UnreadableImage)) throw error;
          remarks.add('images that cannot be read, not copied', name);
        }
        onProgress?.(images);
        // Lets signals through.
        await setImmediate();
      }
    }
    const objects = named.flatMap((part) => part.images.map((image) => image.objects.length));
    const total = objects.reduce((sum, count) => sum + count, 0);
    return { images, objects: total, remarks: remarks.list() };
  });
}

/**
 * Names of files without folders. Where two of one folder would have the same, but for the
 * extension, the part and the folders become part of the name.
 */
function withFileNames(parts: readonly Annotations[], format: WrittenFormat): WrittenPart[] {
  const keyOf = (part: string | undefined, name: string) =>
    `${format === 'voc' ? '' : part}/${parse(name).name}`;
  const uses = new Map<string, number>();
  for (const { part, images } of parts) {
    for (const { name } of images) {
      const key = keyOf(part, name);
      uses.set(key, (uses.get(key) ?? 0) + 1);
    }
  }
  return parts.map(({ part, classes, images }, place) => ({
    part,
    classes,
    images: images.map((image) => {
      const { base, ext } = parse(image.name);
      const isAlone = uses.get(keyOf(part, image.name)) === 1;
      const inside = image.name.replace(/[\\/.]+/g, '_');
      return { ...image, file: isAlone ? base : `${part ?? place}_${inside}${ext}` };
    }),
  }));
}
