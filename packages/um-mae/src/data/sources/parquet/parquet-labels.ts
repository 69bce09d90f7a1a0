/** Labels in the columns of a Parquet file. */
import { parseJson } from '@um-mae/torch/files';
import { parquetReadObjects, type parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { z } from 'zod';
import { DataError } from '../../../errors.js';
import { labelText, listed } from '../../labels/label-text.js';
import {
  noLabels,
  type SourceLabels,
  withDeclaredNames,
  writtenLabels,
} from '../../labels/source-labels.js';
import { type Remark, Remarks } from '../remarks.js';
import type { ParquetFile } from './parquet-file.js';

export type Column = ReturnType<typeof parquetSchema>;

/** A column that may tell classes. */
interface LabelColumn {
  readonly name: string;
  readonly kind: 'numbers' | 'text' | 'true or false';
  /** Names of the numbers, written as such or as text, where the table tells them. */
  readonly names: readonly string[];
}

/** The labels of a table, and a note on the columns that could tell others. */
export interface TableLabels {
  readonly labels: SourceLabels;
  readonly remarks: readonly Remark[];
}

/**
 * Reads the labels of all rows: of the column that is asked for, else of `label`, else of the only
 * one that Hugging Face's metadata call a ClassLabel.
 *
 * @throws DataError when there is no such column
 */
export async function readLabels(
  file: ParquetFile,
  table: { readonly path: string; readonly columns: readonly Column[] },
  wanted: string | undefined,
): Promise<TableLabels> {
  const { path, columns } = table;
  const declared = declaredNames(file);
  const usual = wanted ?? 'label';
  const candidates = columns.flatMap((column) => labelColumn(column, declared, usual) ?? []);
  const named = candidates.filter(({ names }) => names.length > 0);
  const chosen =
    candidates.find(({ name }) => name === usual) ??
    (wanted === undefined && named.length === 1 ? named[0] : undefined);
  const remarks = new Remarks();
  if (chosen) {
    if (chosen.name !== 'label') {
      remarks.add('tables whose classes are those of another column than `label`', chosen.name);
    }
    return {
      labels: await labelsIn(file, chosen, { where: path, remarks }),
      remarks: remarks.list(),
    };
  }
  if (wanted !== undefined) {
    throw new DataError(
      `Expected a column \`${wanted}\` of numbers, text or true and false in ${path} but got ${described(candidates)}.`,
    );
  }
  if (candidates.length === 0) return { labels: noLabels, remarks: [] };
  const what = 'columns that could tell classes, of which --label-column chooses one';
  const examples = candidates.map(describe);
  return {
    labels: noLabels,
    remarks: [{ what, count: candidates.length, examples, aboutClasses: true }],
  };
}

function described(candidates: readonly LabelColumn[]): string {
  return candidates.map(describe).join(', ') || 'no such column';
}

function describe({ name, kind, names }: LabelColumn): string {
  return `\`${name}\` (${names.length > 0 ? `the names ${listed(names)}` : kind})`;
}

function labelColumn(
  { element, children }: Column,
  declared: ReadonlyMap<string, readonly string[]>,
  usual: string,
): LabelColumn | undefined {
  const { name } = element;
  const kind = children.length > 0 ? undefined : kindOf(element, name === usual);
  return kind && { name, kind, names: kind === 'true or false' ? [] : (declared.get(name) ?? []) };
}

/** @param isUsual whether bytes, as older programs write text, are looked at */
function kindOf({ type, converted_type, logical_type }: Column['element'], isUsual: boolean) {
  if (type === 'BOOLEAN') return 'true or false';
  const isText =
    converted_type === 'UTF8' || converted_type === 'ENUM' || logical_type?.type === 'STRING';
  const isBare = converted_type === undefined && logical_type === undefined;
  if (type === 'BYTE_ARRAY') return isText || (isUsual && isBare) ? 'text' : undefined;
  const isCount =
    converted_type === undefined ? isPlain(logical_type?.type) : /^U?INT_/.test(converted_type);
  const isNumber = type === 'INT32' || type === 'INT64' || type === 'FLOAT' || type === 'DOUBLE';
  return isNumber && isCount ? 'numbers' : undefined;
}

/** Not a date, a time or a decimal. */
function isPlain(type: string | undefined): boolean {
  return type === undefined || type === 'INTEGER';
}

async function labelsIn(
  { buffer, metadata }: ParquetFile,
  { name, names, kind }: LabelColumn,
  table: { readonly where: string; readonly remarks: Remarks },
): Promise<SourceLabels> {
  const options = { file: buffer, metadata, columns: [name], compressors };
  const rows = await parquetReadObjects(options);
  const labels = rows.map(({ [name]: value }, row) =>
    valueText(value, `${table.where}/${row}`, table.remarks),
  );
  const written = writtenLabels(labels);
  if (kind === 'true or false') return { ...written, kind: 'names' };
  return withDeclaredNames(written, names, table);
}

function valueText(value: unknown, where: string, remarks: Remarks): string | undefined {
  if (value === null || value === undefined || Number.isNaN(value)) {
    remarks.addOnClasses('rows without a label, taken for no class', where);
    return undefined;
  }
  if (typeof value !== 'number' || Number.isInteger(value)) {
    return labelText(String(value), where, remarks);
  }
  remarks.addOnClasses('fractions, taken for no class', `${value} of ${where}`);
  return undefined;
}

const features = z.object({
  info: z.object({ features: z.record(z.string(), z.unknown()) }),
});
const classLabel = z.object({
  names: z.union([z.array(z.string()), z.record(z.string(), z.string())]),
});

/** Names of the numbers in each column, as Hugging Face's `datasets` writes them. */
function declaredNames({ metadata }: ParquetFile): Map<string, readonly string[]> {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  const declared = new Map<string, readonly string[]>();
  const found = features.safeParse(valueOfJson(text ?? ''));
  for (const [name, feature] of Object.entries(found.data?.info.features ?? {})) {
    const { data } = classLabel.safeParse(feature);
    if (data) declared.set(name, inPlaces(data.names));
  }
  return declared;
}

/** A name at a larger number is damage. */
const mostNames = 2 ** 20;

/** Names in a list; those of an object stand at the numbers that are its keys. */
function inPlaces(names: readonly string[] | Readonly<Record<string, string>>): readonly string[] {
  const places = Object.entries(names).map(([place, name]) => [Number(place), name] as const);
  const byPlace = new Map(
    places.filter(([place]) => Number.isInteger(place) && place >= 0 && place < mostNames),
  );
  const length = [...byPlace.keys()].reduce((most, place) => Math.max(most, place), -1) + 1;
  return Array.from({ length }, (_, place) => byPlace.get(place) ?? `${place}`);
}

function valueOfJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
