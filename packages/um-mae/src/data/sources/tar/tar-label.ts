/** The class of an image in a tar shard, from the members beside it. */
import { parseJson } from '@um-mae/torch/files';
import { readableName } from '../../../files/file-names.js';
import { labelText } from '../../labels/label-text.js';
import { decodeText } from '../lists/list-text.js';
import type { Remarks } from '../remarks.js';
import type { TarFile } from './tar-file.js';
import type { KeyedMember } from './tar-keys.js';

/** Descriptions and classes are shorter; a longer one is not read. */
const longestJson = 1 << 20;
const longestText = 1 << 12;

/** The archive that labels are read in, and the list of what is odd about them. */
export interface LabelPlace {
  readonly file: TarFile;
  readonly remarks: Remarks;
}

/** A label, and the member that tells it. */
export interface FoundLabel {
  readonly label: string | undefined;
  readonly member: KeyedMember;
}

/**
 * Reads the label of a sample: what stands in `.cls`, or is called `label` in `.json`. A column
 * that is asked for is a field of `.json`, or the ending of a member, and then nothing else is
 * looked at.
 *
 * @returns undefined when no member tells one
 */
export function tarLabel(
  place: LabelPlace,
  members: readonly KeyedMember[],
  column: string | undefined,
): FoundLabel | undefined {
  const described = find(members, 'json');
  if (column !== undefined) {
    const own = members.find(({ field }) => isField(field, column.toLowerCase()));
    return own ? textIn(place, own) : described && fieldIn(place, described, column);
  }
  const plain = find(members, 'cls');
  return plain ? textIn(place, plain) : described && fieldIn(place, described, 'label');
}

/**
 * The member of an ending, one that has nothing else behind the key before others; of several with
 * one name the last, as archives are unpacked.
 */
function find(members: readonly KeyedMember[], ending: string): KeyedMember | undefined {
  const fields = (member: KeyedMember) => member.field.toLowerCase();
  return (
    members.findLast((member) => fields(member) === ending) ??
    members.find((member) => fields(member).endsWith(`.${ending}`))
  );
}

/** `fine_label`, and `fine_label.cls` and `fine_label.txt` too. */
function isField(field: string, column: string): boolean {
  const own = field.toLowerCase();
  return own === column || own === `${column}.cls` || own === `${column}.txt`;
}

function textIn({ file, remarks }: LabelPlace, member: KeyedMember): FoundLabel {
  const { name, offset, bytes } = member;
  const { text } = decodeText(file.read(offset, Math.min(bytes, longestText)));
  return { label: labelText(readableName(text), name, remarks), member };
}

function fieldIn(
  { file, remarks }: LabelPlace,
  member: KeyedMember,
  field: string,
): FoundLabel | undefined {
  const value = fieldsOf(file, member).get(field);
  if (Array.isArray(value)) {
    return { label: labelText(JSON.stringify(value), member.name, remarks), member };
  }
  if (!isLabel(value)) return undefined;
  if (typeof value === 'number' && !Number.isInteger(value)) {
    remarks.addOnClasses('fractions, taken for no class', `${value} of ${member.name}`);
    return { label: undefined, member };
  }
  return { label: labelText(String(value), member.name, remarks), member };
}

/** Returns the fields of a sample's `.json` that could be labels. */
export function jsonFields(file: TarFile, members: readonly KeyedMember[]): string[] {
  const described = find(members, 'json');
  const fields = described ? [...fieldsOf(file, described)] : [];
  return fields.filter(([, value]) => isLabel(value)).map(([name]) => name);
}

function isLabel(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** No fields when the text is no JSON, or too long. */
function fieldsOf(file: TarFile, { offset, bytes }: KeyedMember): Map<string, unknown> {
  if (bytes > longestJson) return new Map();
  try {
    const description = parseJson(
      file
        .read(offset, bytes)
        .toString()
        .replace(/^\uFEFF/, ''),
    );
    const isObject = typeof description === 'object' && description !== null;
    return new Map(isObject ? Object.entries(description) : []);
  } catch (error) {
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}
