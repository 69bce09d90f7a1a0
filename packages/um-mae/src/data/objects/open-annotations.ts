/** Finds annotated images where a path of a user's leads. */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { DataError } from '../../errors.js';
import { isFolder } from '../image-files.js';
import { partOfPath } from '../segmentation/layouts/layout.js';
import { partOfRole, shardsOfRole } from '../segmentation/layouts/parts-of-role.js';
import type { Role } from '../segmentation/paired-images.js';
import { expandBraces } from '../sources/braces.js';
import { nameOf } from '../sources/image-set.js';
import { joinRemarks, Remarks } from '../sources/remarks.js';
import type { AnnotatedImage, Annotations } from './annotations.js';
import type { AnnotationLayout, AnnotationOptions } from './formats/annotation-layout.js';
import { cvatFile, cvatLayout } from './formats/cvat.js';
import { stemOf } from './formats/files/images-by-stem.js';
import { readLines } from './formats/files/text-file.js';
import { jsonLayout, partOfFile, readJsonFile } from './formats/json-layout.js';
import { readJsonShards } from './formats/json-shards.js';
import { vocLayout } from './formats/voc/voc-layout.js';
import { yoloFile, yoloLayout } from './formats/yolo/yolo-layout.js';
import { withSharedClasses } from './shared-classes.js';

/** The part of a set that is opened. */
export interface OpeningOptions extends AnnotationOptions {
  readonly role: Role;
}

const advice =
  'Lay them out as COCO, Pascal VOC or YOLO does, export them from CVAT or Label Studio, or name a list of images in such a set.';

/**
 * Recognises the format of a folder, a file, a list or shards.
 *
 * @throws DataError when there is nothing, or nothing that is known, or no part for the role
 */
export async function openAnnotations(path: string, options: OpeningOptions): Promise<Annotations> {
  const place = resolve(path);
  const opened = existsSync(place)
    ? await openPlace(path, place, options)
    : await openOther(path, place, options);
  if (opened) return { ...opened, path };
  const found = existsSync(place) ? 'none that are known' : 'nothing there';
  throw new DataError(
    `Expected images with annotations of their objects at \`${path}\` but got ${found}.\n${advice}`,
  );
}

/** Every part of a set, for those who look at all of it. */
export async function openAllAnnotations(
  path: string,
  options: AnnotationOptions,
): Promise<readonly Annotations[]> {
  const place = resolve(path);
  const layout =
    existsSync(place) && (await isFolder(place)) ? await layoutOf(place, options) : undefined;
  if (!layout) return [await openAnnotations(path, { ...options, role: 'train' })];
  // A list of both parts would have all of their images twice.
  const isTwice = ({ name = '' }: { readonly name: string | undefined }) =>
    /^trainval/i.test(name) && layout.parts.length > 1;
  const parts = layout.parts.filter((part) => !isTwice(part));
  return Promise.all(parts.map(async (part) => ({ ...(await part.open()), path })));
}

/** The layout of a folder, of whatever format; undefined where none is recognised. */
export async function layoutOf(
  root: string,
  options: AnnotationOptions,
): Promise<AnnotationLayout | undefined> {
  for (const recognise of [jsonLayout, vocLayout, yoloLayout, cvatLayout]) {
    const layout = await recognise(root, options);
    if (layout) return layout;
  }
  return undefined;
}

async function openPlace(
  path: string,
  place: string,
  options: OpeningOptions,
): Promise<Annotations | undefined> {
  if (!(await isFolder(place))) return openFile(path, place, options);
  const layout = await layoutOf(place, options);
  if (layout) return openPart(path, layout, options.role);
  const shards = await shardsOfRole(place, options.role);
  if (shards.length > 0) return readJsonShards(path, shards, partOfShard(place, shards));
  return openOther(path, place, options);
}

/** The part that the names of shards tell, by the first of them. */
function partOfShard(folder: string, [first = '']: readonly string[]): string | undefined {
  const words = first.slice(folder.length).split(/[\\/._-]+/);
  return words.map((word) => partOfFile(`${word}.tar`)).find((part) => part !== undefined);
}

async function openFile(
  path: string,
  place: string,
  options: OpeningOptions,
): Promise<Annotations> {
  const part = partOfFile(place);
  switch (extname(place).toLowerCase()) {
    case '.json':
      return readJsonFile(place, { ...options, path, part });
    case '.xml':
      return openPart(path, cvatFile(place, options), options.role);
    case '.yaml':
    case '.yml':
      return openPart(path, await yoloFile(place, options), options.role);
    case '.tar':
      return readJsonShards(path, [place], part);
    case '.txt':
    case '.lst':
      return openList(path, place, options);
    default:
      throw new DataError(
        `Expected a folder, or a .json, .xml, .yaml, .tar or .txt file of annotated images, but got \`${path}\`.`,
      );
  }
}

/** Shards by braces, or a path that names a part of a set: `set/val`, or `set/images/val`. */
async function openOther(
  path: string,
  place: string,
  options: OpeningOptions,
): Promise<Annotations | undefined> {
  const shards = expandBraces(place);
  if (shards.length > 1) return readJsonShards(path, shards);
  for (const { root, part } of partOfPath(place)) {
    if (!existsSync(root)) continue;
    const layout = await layoutOf(root, options);
    const found = layout?.parts.find(({ name }) => name === part);
    if (found) return found.open();
  }
  return undefined;
}

async function openPart(
  path: string,
  { title, parts }: AnnotationLayout,
  role: Role,
): Promise<Annotations> {
  const part = partOfRole(parts, role);
  if (part) return part.open();
  const names = parts.map(({ name = 'one without a name' }) => name).join(', ') || 'none';
  throw new DataError(
    `Expected a part \`${role}\` of ${path} (${title}) but got ${names}.\nName parts by --train and --val.`,
  );
}

/** Folders above a list in which the set may lie. */
const foldersAbove = 3;

/** The images of a list, in the set that it lies in. */
async function openList(path: string, list: string, options: OpeningOptions): Promise<Annotations> {
  let root = options.root ? resolve(options.root) : dirname(list);
  let layout = await layoutOf(root, options);
  for (let i = 0; i < foldersAbove && !layout && !options.root; i++) {
    root = dirname(root);
    layout = await layoutOf(root, options);
  }
  if (!layout) {
    throw new DataError(
      `Expected a set of annotated images around the list ${path} but got none.\nName the folder of the set by --data-root.`,
    );
  }
  const parts = await Promise.all(layout.parts.map((part) => part.open()));
  return chooseListed(joinParts(parts), readLines(list), path);
}

/** Parts of one format as one, in which an image that two of them have counts once. */
function joinParts(parts: readonly Annotations[]): Annotations {
  const [first] = parts;
  if (!first) throw new DataError('Expected a part of annotated images but got none.');
  const images = new Map<string, AnnotatedImage>();
  const shared = withSharedClasses(parts);
  for (const image of shared.flatMap((part) => part.images))
    images.set(nameOf(image.location), image);
  const classes = shared[0]?.classes ?? [];
  const remarks = new Remarks();
  for (const remark of joinRemarks(parts.map((part) => part.remarks.list()))) remarks.merge(remark);
  const hasOutlines = parts.some((part) => part.hasOutlines);
  return { ...first, part: undefined, classes, images: [...images.values()], hasOutlines, remarks };
}

function chooseListed(all: Annotations, lines: readonly string[], path: string): Annotations {
  const byName = new Map(all.images.map((image) => [basename(stemOf(image.name)), image]));
  const images = lines.flatMap((line) => {
    const image = byName.get(basename(stemOf(line)));
    if (!image) all.remarks.add('images of the list that the set does not have, left out', line);
    return image ?? [];
  });
  if (images.length > 0)
    return { ...all, images, title: `${all.title} by a list`, part: basename(path) };
  throw new DataError(
    `Expected images of the set in the list ${path} but got none in ${lines.length} lines.`,
  );
}
