/**
 * Tar shards in which the members of one key are an image and `.json` with its objects, as
 * WebDataset reads them.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseJson } from '@um-mae/torch/files';
import { z } from 'zod';
import { DataError } from '../../../errors.js';
import { readImageMember } from '../../../images/encoded-image.js';
import type { Size } from '../../../images/geometry/resize.js';
import { isImageName } from '../../image-files.js';
import { Remarks } from '../../sources/remarks.js';
import { type TarMember, tarMembers } from '../../sources/tar/tar.js';
import { TarFile } from '../../sources/tar/tar-file.js';
import type { AnnotatedImage, Annotations, WrittenObject } from '../annotations.js';
import { sizeOfImage } from '../image-size.js';
import { cocoOutline } from './coco/coco-outline.js';
import { readLines } from './files/text-file.js';

const object = z.object({
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  category: z.union([z.string(), z.number()]).optional(),
  label: z.union([z.string(), z.number()]).optional(),
  category_id: z.number().optional(),
  id: z.number().optional(),
  area: z.number().optional(),
  iscrowd: z.union([z.number(), z.boolean()]).optional(),
  segmentation: z.unknown().optional(),
});

const member = z.object({
  id: z.number().optional(),
  width: z.number().int().positive().optional(),
  height: z.number().int().positive().optional(),
  annotations: z.array(z.unknown()).optional(),
  objects: z.array(z.unknown()).optional(),
});

type Member = z.output<typeof member>;
type MemberObject = z.output<typeof object>;

interface Sample {
  readonly location: Extract<AnnotatedImage['location'], { kind: 'member' }>;
  readonly json: Member;
  readonly objects: readonly MemberObject[];
}

/**
 * The images of all shards, in their order.
 *
 * @param path the name of the shards in messages
 * @throws DataError when a shard is damaged, or no image has such a member
 */
export async function readJsonShards(
  path: string,
  shards: readonly string[],
  part?: string,
): Promise<Annotations> {
  const remarks = new Remarks();
  const samples = shards.flatMap((shard) => [...samplesOf(shard, remarks)]);
  if (samples.length === 0) {
    throw new DataError(
      `Expected images with objects in ${path}, such as 0001.jpg and 0001.json, but got none.`,
    );
  }
  const classes = classesOf(samples, shards);
  const images: AnnotatedImage[] = [];
  for (const { location, json, objects: written } of samples) {
    const { width, height } = json;
    const size = width && height ? { width, height } : await sizeOfImage(location);
    if (!size) {
      remarks.add('images that cannot be read, left out', location.name);
      continue;
    }
    const objects = written.flatMap(
      (own) => objectIn(own, { classes, size, remarks, name: location.name }) ?? [],
    );
    images.push({ id: json.id, name: location.name, location, size, objects });
  }
  const hasOutlines = images.some(({ objects }) => objects.some(({ outline }) => outline));
  const title =
    shards.length === 1 ? 'a tar shard with .json' : `${shards.length} tar shards with .json`;
  return { path, title, part, classes, images, hasOutlines, remarks };
}

function objectsOf(
  { annotations, objects }: Member,
  { name, remarks }: { readonly name: string; readonly remarks: Remarks },
): MemberObject[] {
  return (annotations ?? objects ?? []).flatMap((item) => {
    const { data } = object.safeParse(item);
    if (!data) remarks.add('objects without a box of four numbers and a class, left out', name);
    return data ?? [];
  });
}

function* samplesOf(shard: string, remarks: Remarks): Generator<Sample> {
  const file = new TarFile(shard);
  try {
    const images = new Map<string, TarMember>();
    const texts = new Map<string, TarMember>();
    for (const found of tarMembers(file)) {
      if (isImageName(found.name)) images.set(keyOf(found), found);
      else if (/\.json$/i.test(found.name)) texts.set(keyOf(found), found);
    }
    for (const [key, image] of images) {
      const text = texts.get(key);
      const json = text && parseMember(shard, text);
      if (json) {
        const location = { kind: 'member', path: shard, ...image } as const;
        yield { location, json, objects: objectsOf(json, { name: image.name, remarks }) };
      } else remarks.add('images without a .json of objects, left out', `${shard}/${image.name}`);
    }
  } finally {
    file.close();
  }
}

/** The path up to the first dot of the file's name. */
function keyOf({ name }: TarMember): string {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 2);
  return dot < 0 ? name : name.slice(0, dot);
}

function parseMember(shard: string, { name, offset, bytes }: TarMember): Member | undefined {
  try {
    const json = parseJson(readImageMember(shard, offset, bytes).toString('utf8'));
    const { data } = member.safeParse(json);
    return data && (data.annotations || data.objects) ? data : undefined;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DataError(`Expected JSON in ${shard}/${name} but got what cannot be read.`, {
      cause,
    });
  }
}

/** Names in the order of `classes.txt` beside the shards, or else of the alphabet. */
function classesOf(samples: readonly Sample[], [first = '']: readonly string[]): string[] {
  const file = join(dirname(first), 'classes.txt');
  if (existsSync(file)) return readLines(file);
  const used = samples.flatMap(({ objects }) => objects.map(nameOf));
  return [...new Set(used)].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
}

function nameOf({ category, label, category_id: number }: MemberObject): string {
  return `${category ?? label ?? number ?? ''}`;
}

interface Reading {
  readonly classes: readonly string[];
  readonly size: Size;
  readonly remarks: Remarks;
  readonly name: string;
}

function objectIn(
  own: MemberObject,
  { classes, size, remarks, name }: Reading,
): WrittenObject | undefined {
  const written = nameOf(own);
  const place = classes.indexOf(written);
  const label = place < 0 && classes[Number(written)] !== undefined ? Number(written) : place;
  if (label < 0 || written === '') {
    remarks.add('objects of a class that has no name, left out', name);
    return undefined;
  }
  const { outline, fault } = cocoOutline(own.segmentation, size);
  if (fault) remarks.add(`${fault}, left out`, name);
  const { id, bbox: box, area, iscrowd } = own;
  return { id, label, box, area, isCrowd: Boolean(iscrowd), outline };
}
