/** Finds annotated images where a path of a user's leads. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DataError } from '../../errors.js';
import { isFolder } from '../image-files.js';
import { partOfPath } from '../segmentation/layouts/layout.js';
import type { Role } from '../segmentation/paired-images.js';
import type { Annotations } from './annotations.js';
import type {
  AnnotationLayout,
  AnnotationOptions,
  AnnotationPart,
} from './formats/annotation-layout.js';
import { readCoco } from './formats/coco.js';
import { cocoLayout, partOfFile } from './formats/coco-layout.js';

/** The part of a set that is opened. */
export interface OpeningOptions extends AnnotationOptions {
  readonly role: Role;
}

const advice =
  'Lay them out as images/ and annotations/instances_train.json of COCO, as Pascal VOC, or as YOLO with data.yaml.';

/**
 * Recognises the format of a folder or a file.
 *
 * @throws DataError when there is nothing, or nothing that is known, or no part for the role
 */
export async function openAnnotations(path: string, options: OpeningOptions): Promise<Annotations> {
  const place = resolve(path);
  const opened = existsSync(place)
    ? await openPlace(path, place, options)
    : await openPartOfPath(path, place, options);
  if (opened) return opened;
  const found = existsSync(place) ? 'none that are known' : 'nothing there';
  throw new DataError(
    `Expected images with annotations of their objects at \`${path}\` but got ${found}.\n${advice}`,
  );
}

async function openPlace(
  path: string,
  place: string,
  options: OpeningOptions,
): Promise<Annotations | undefined> {
  if (!(await isFolder(place))) return openFile(path, place, options);
  const layout = await layoutOf(place, options);
  if (!layout) return openPartOfPath(path, place, options);
  return { ...(await choosePart(path, layout, options.role).open()), path };
}

async function openFile(
  path: string,
  place: string,
  options: OpeningOptions,
): Promise<Annotations> {
  return readCoco(place, { ...options, path, part: partOfFile(place) });
}

/** A path that names a part of a set: `set/val`, or `set/images/val`. */
async function openPartOfPath(
  path: string,
  place: string,
  options: OpeningOptions,
): Promise<Annotations | undefined> {
  for (const { root, part } of partOfPath(place)) {
    if (!existsSync(root)) continue;
    const layout = await layoutOf(root, options);
    const found = layout?.parts.find(({ name }) => name === part);
    if (found) return { ...(await found.open()), path };
  }
  return undefined;
}

async function layoutOf(
  root: string,
  options: AnnotationOptions,
): Promise<AnnotationLayout | undefined> {
  return cocoLayout(root, options);
}

/** Names of parts by role, the likeliest first. */
const partsOfRole: Readonly<Record<Role, readonly RegExp[]>> = {
  train: [/^train(ing)?(_?\d{4})?$/i, /^trainval/i],
  val: [/^val(id|idation)?(_?\d{4})?$/i, /^(dev|eval)$/i, /^test(ing)?(_?\d{4})?$/i],
};

function choosePart(path: string, { title, parts }: AnnotationLayout, role: Role): AnnotationPart {
  const [only] = parts;
  if (only && parts.length === 1 && only.name === undefined) return only;
  for (const pattern of partsOfRole[role]) {
    const found = parts.find(({ name = '' }) => pattern.test(name));
    if (found) return found;
  }
  const names = parts.map(({ name }) => name).join(', ');
  throw new DataError(
    `Expected a part \`${role}\` of ${path} (${title}) but got ${names}.\nName parts by --train and --val.`,
  );
}
