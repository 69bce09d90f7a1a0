/** The images of a shard with their classes, and what of it is neither. */
import { basename } from 'node:path';
import { DataError } from '../../../errors.js';
import { isImageName } from '../../image-files.js';
import type { SampleKeys } from '../../reading-options.js';
import { isInSystemFolder } from '../../system-folders.js';
import { Remarks } from '../remarks.js';
import { type TarMember, tarMembers } from './tar.js';
import type { TarFile } from './tar-file.js';
import { hasSeveralDots, samplesOf, type TarSample } from './tar-keys.js';
import { jsonFields, tarLabel } from './tar-label.js';

export interface ShardOptions {
  /**
   * The place that tells classes: a field of `.json`, or the ending of a member. Default `.cls`, or
   * `label`.
   */
  readonly labelColumn?: string | undefined;
  /** The dot at which keys end. By default as the members tell. */
  readonly sampleKeys?: SampleKeys | undefined;
}

/** An image, its place in the archive, and what its sample says of its class. */
export interface ShardImage extends TarMember {
  readonly label: string | undefined;
}

/** The images of an archive. */
export interface ShardContent {
  readonly images: readonly ShardImage[];
  readonly remarks: Remarks;
}

/**
 * Finds the images of a shard. A key ends at the first dot of a name, as WebDataset has it, unless
 * only the last dot gives every image a class of its own.
 *
 * @throws DataError when neither reading fits, or the archive is damaged
 */
export function readShard(file: TarFile, options: ShardOptions): ShardContent {
  const remarks = new Remarks();
  const members = [...tarMembers(file, (what, name) => remarks.add(what, name))].filter((member) =>
    isWanted(member, remarks),
  );
  remarkRepeated(members, remarks);
  const read = (keys: SampleKeys) => readingOf(file, members, keys, options);
  const chosen = options.sampleKeys
    ? read(options.sampleKeys)
    : chooseReading(file, members, read, remarks);
  for (const member of members) {
    const why = chosen.used.has(member.offset) ? undefined : chosen.reasons.get(member.offset);
    if (!chosen.used.has(member.offset)) remarks.add(why ?? describeOther(member), member.name);
  }
  for (const remark of chosen.remarks.list()) remarks.merge(remark);
  if (chosen.images.every(({ label }) => label === undefined)) addFields(file, chosen, remarks);
  return { images: chosen.images, remarks };
}

function isWanted({ name }: TarMember, remarks: Remarks): boolean {
  const isHidden = name.slice(name.lastIndexOf('/') + 1).startsWith('.');
  if (isInSystemFolder(name))
    remarks.add('files in folders of the system in archives, passed over', name);
  else if (isHidden) remarks.add('hidden files in archives, passed over', name);
  return !isHidden && !isInSystemFolder(name);
}

function remarkRepeated(members: readonly TarMember[], remarks: Remarks): void {
  const seen = new Set<string>();
  for (const { name } of members) {
    if (seen.has(name)) remarks.add('members of archives with the name of an earlier one', name);
    seen.add(name);
  }
}

function describeOther({ name }: TarMember): string {
  const base = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  const [packed] = /(\.[^.]+)?\.(gz|bz2|xz|zst)$/.exec(base) ?? [];
  if (packed !== undefined) return `compressed files ${packed} in archives, passed over`;
  const [ending] = /\.[^.]+$/.exec(base) ?? [];
  return `files ${ending ?? 'without an ending'} in archives, passed over`;
}

/** Tells what else than `.cls` could be classes, by the first sample. */
function addFields(file: TarFile, { samples }: Reading, remarks: Remarks): void {
  const sample = samples.find(({ members }) => members.some(({ name }) => isImageName(name)));
  const fields = sample?.members.filter(({ name }) => !isImageName(name) && !/\.json$/i.test(name));
  const names = [
    ...(fields ?? []).map(({ field }) => field),
    ...jsonFields(file, sample?.members ?? []),
  ];
  for (const name of names.filter((field) => field !== '')) {
    remarks.addOnClasses(
      'fields that could tell classes, of which --label-column chooses one',
      name,
    );
  }
}

/** The samples and images by one way of cutting names. */
interface Reading {
  readonly samples: readonly TarSample[];
  readonly images: readonly ShardImage[];
  /** Places of the members that are images, or tell the class of one. */
  readonly used: ReadonlySet<number>;
  /** Why pictures are no images, by their places. */
  readonly reasons: ReadonlyMap<number, string>;
  /** Notes on odd labels. */
  readonly remarks: Remarks;
}

function readingOf(
  file: TarFile,
  members: readonly TarMember[],
  keys: SampleKeys,
  { labelColumn }: ShardOptions,
): Reading {
  const isPicture = ({ name }: TarMember) => isImageName(name);
  const samples = samplesOf(members, keys, isPicture);
  const images: ShardImage[] = [];
  const used = new Set<number>();
  const reasons = new Map<number, string>();
  const remarks = new Remarks();
  for (const sample of samples) {
    const pictures = sample.members.filter(isPicture);
    if (pictures.length === 0) continue;
    const plain = pictures.filter(({ field }) => !field.includes('.'));
    const found = tarLabel({ file, remarks }, sample.members, labelColumn);
    if (found) used.add(found.member.offset);
    for (const { name, offset, bytes } of plain.length > 0 ? plain : pictures) {
      images.push({ name, offset, bytes, label: found?.label });
      used.add(offset);
    }
    for (const { offset } of pictures) {
      reasons.set(offset, 'pictures beside the image of a sample in archives, passed over');
    }
  }
  return { samples, images, used, reasons, remarks };
}

function chooseReading(
  file: TarFile,
  members: readonly TarMember[],
  read: (keys: SampleKeys) => Reading,
  remarks: Remarks,
): Reading {
  const first = read('first-dot');
  if (!members.some(({ name }) => hasSeveralDots(name))) return first;
  const last = read('last-dot');
  if (isSame(first, last)) return first;
  if (isDocumented(first)) {
    remarks.add(
      'archives whose keys end at the first dot of a name, as in WebDataset',
      basename(file.path),
    );
    return first;
  }
  if (isComplete(last)) {
    remarks.add('archives whose keys end at the last dot of a name', basename(file.path));
    return last;
  }
  throw ambiguous(file, first, last);
}

function isSame(a: Reading, b: Reading): boolean {
  return (
    a.images.length === b.images.length &&
    a.images.every(
      ({ offset, label }, i) => offset === b.images[i]?.offset && label === b.images[i]?.label,
    )
  );
}

/**
 * Tells whether samples look as WebDataset has them: what follows the first dot says what a member
 * is, so it is no number, and a sample has one class.
 */
function isDocumented({ samples }: Reading): boolean {
  return samples.every(
    ({ members }) =>
      !members.some(({ field }) => /(^|\.)\d+\./.test(field)) && hasOneClass(members),
  );
}

function hasOneClass(members: TarSample['members']): boolean {
  const classes = members.filter(({ field }) => /(^|\.)cls$/i.test(field));
  return classes.length < 2 || classes.some(({ field }) => /^cls$/i.test(field));
}

/** Tells whether every image has a class. */
function isComplete({ images }: Reading): boolean {
  return images.every(({ label }) => label !== undefined);
}

function ambiguous(file: TarFile, first: Reading, last: Reading): DataError {
  const count = ({ samples, images }: Reading) => {
    const labelled = images.filter(({ label }) => label !== undefined).length;
    return `${samples.length} samples with ${images.length} images, ${labelled} of them with a class`;
  };
  return new DataError(
    `Expected names with one meaning in ${file.path} but got ${count(first)}, where the key of a sample ends at the first dot, as in WebDataset, and ${count(last)}, where it ends at the last one.\n` +
      'Say which by --sample-keys first-dot or --sample-keys last-dot.',
  );
}
