/** Files that name classes, as people keep them beside their masks. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '@um-mae/torch/files';
import { DataError } from '../../../errors.js';
import { mostOfRecord, wholeBytes } from '../../../files/whole-file.js';
import { decodeText } from '../../sources/lists/list-text.js';

/** A class that a file names. */
export interface NamedClass {
  readonly name: string;
  /** The value of masks; undefined where the file numbers none. */
  readonly value: number | undefined;
  /** The colour as 0xRRGGBB; undefined where the file gives none. */
  readonly colour: number | undefined;
}

/** Names that such files have, the likeliest first. */
const fileNames = [
  'classes.txt',
  'class_names.txt',
  'label_colors.txt',
  'labelmap.txt',
  'class_dict.csv',
  '_classes.csv',
  'classes.csv',
  'classes.json',
  'id2label.json',
];

/** The first file of classes in the first of the folders that has one. */
export function findClassFile(folders: readonly string[]): string | undefined {
  const paths = folders.flatMap((folder) => fileNames.map((name) => join(folder, name)));
  return paths.find((path) => existsSync(path));
}

/**
 * Reads lines `name`, `number name`, `name colour`, `colour name` or `number name colour`, whose
 * fields commas, colons, tabs or spaces divide and whose colours are three levels or `#rrggbb`; of
 * JSON, names by numbers or a list of names.
 *
 * @throws DataError naming the line that is none of these
 */
export function readClassFile(path: string): NamedClass[] {
  const { text } = decodeText(wholeBytes(path, { as: DataError, most: mostOfRecord }));
  if (path.endsWith('.json')) return namesInJson(text, path);
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.replace(/#(?![0-9a-f]{6}\b).*$/i, '').trim(), index }))
    .filter(({ line }) => line !== '');
  const hasHeader =
    path.endsWith('.csv') && !/^\s*\d/.test(lines[0]?.line ?? '') && isHeader(lines[0]?.line);
  const parsed = (hasHeader ? lines.slice(1) : lines).map(({ line, index }) => {
    const found = parseLine(line);
    if (found) return found;
    throw new DataError(
      `Expected the name of a class, perhaps with its number and colour, on line ${index + 1} of ${path} but got ${JSON.stringify(line.slice(0, 100))}.`,
    );
  });
  if (parsed.length === 0)
    throw new DataError(`Expected names of classes in ${path} but got none.`);
  return parsed;
}

/** Whether a line names columns, and no class. */
function isHeader(line = ''): boolean {
  return /\b(r|g|b|name|class|pixel value|id)\b\s*(,|$)/i.test(line) && !/\d/.test(line);
}

const number = '(?<value>\\d{1,5})';
const levels = '(?<red>\\d{1,3})[\\s,]+(?<green>\\d{1,3})[\\s,]+(?<blue>\\d{1,3})';
const colour = `(?:${levels}|#(?<digits>[0-9a-fA-F]{6}))`;
const name = '(?<name>(?=.*[^\\s\\d,:;])[^,:;\\t]*[^,:;\\t\\s])';
const gap = '[\\s,:;]+';

/** Forms of a line, the fullest first. */
const forms = [
  `${number}${gap}${name}${gap}${colour}`,
  `${colour}${gap}${name}`,
  `${name}${gap}${colour}`,
  `${number}${gap}${name}`,
  `${name}${gap}${number}`,
  name,
].map((form) => new RegExp(`^${form}[\\s:;,]*$`));

function parseLine(line: string): NamedClass | undefined {
  for (const form of forms) {
    const groups = form.exec(line)?.groups;
    if (!groups?.name) continue;
    const { value, red, green, blue, digits } = groups;
    const levelsFound = [red, green, blue].map(Number);
    const isColour = red !== undefined && levelsFound.every((level) => level <= 255);
    const [r = 0, g = 0, b = 0] = levelsFound;
    const written = isColour ? (r << 16) | (g << 8) | b : undefined;
    return {
      name: groups.name.trim(),
      value: value === undefined ? undefined : Number(value),
      colour: digits === undefined ? written : Number.parseInt(digits, 16),
    };
  }
  return undefined;
}

function namesInJson(text: string, path: string): NamedClass[] {
  const refused = () =>
    new DataError(
      `Expected names of classes by their numbers, or a list of names, in ${path} but got something else.`,
    );
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch {
    throw refused();
  }
  if (typeof parsed !== 'object' || parsed === null) throw refused();
  const entries: [string, unknown][] = Object.entries(parsed);
  const named = entries.map(([key, label]) => {
    if (typeof label !== 'string' || !/^\d+$/.test(key)) throw refused();
    return { name: label, value: Number(key), colour: undefined };
  });
  if (named.length === 0) throw refused();
  return named;
}

/** Whether a class of this name stands for what is not labelled. */
export function isVoid(name: string): boolean {
  return /^(void|unlabel+ed|un-?labelled|ignored?|ignore[ _-]label|unknown|unclassified)$/i.test(
    name,
  );
}
