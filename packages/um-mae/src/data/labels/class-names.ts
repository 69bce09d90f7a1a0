/** Files that name classes: the names of numbers, or new names for old ones. */
import { parseJson } from '@um-mae/torch/files';
import { DataError } from '../../errors.js';
import { mostOfRecord, wholeBytes } from '../../files/whole-file.js';
import { decodeText } from '../sources/lists/list-text.js';
import { listed, sameName, wholeNumber } from './label-text.js';
import type { ClassLabels } from './source-labels.js';

/** The names of classes in a file. */
export interface ClassNames {
  readonly path: string;
  /**
   * One for each line: the name itself, and, where the line can be read so, an old label and its
   * new name.
   */
  readonly lines: readonly { readonly name: string; readonly renames?: Renaming | undefined }[];
}

interface Renaming {
  readonly from: string;
  readonly to: string;
}

/**
 * Reads `name` lines, the names of 0, 1, ...; or `old new` lines, parted by a tab, a comma, a colon
 * or blanks. In `.json`, a list of names or an object of new names by old ones.
 *
 * @throws DataError when there is no such file, or nothing in it
 */
export async function readClassNames(path: string): Promise<ClassNames> {
  const { text } = decodeText(wholeBytes(path, { as: DataError, most: mostOfRecord }));
  const lines = /\.json$/i.test(path)
    ? namesInJson(text, path)
    : text.split(/\r\n|\n|\r/).map(line);
  const renamings = lines.filter(({ name }) => name !== '');
  if (renamings.length > 0) return { path, lines: renamings };
  throw new DataError(`Expected names of classes in ${path} but got none.`);
}

function line(text: string): ClassNames['lines'][number] {
  const name = sameName(text.trim());
  const parted =
    /^(?<from>[^\t]+?)\s*\t\s*(?<to>.+)$/.exec(name) ??
    /^(?<from>[^\s,:;]+)\s*[\s,:;]\s*(?<to>.+)$/.exec(name);
  const { from, to } = parted?.groups ?? {};
  return { name, renames: from !== undefined && to !== undefined ? { from, to } : undefined };
}

function namesInJson(text: string, path: string): ClassNames['lines'] {
  const refuse = (cause?: unknown) =>
    new DataError(`Expected a list of names, or names by labels, in ${path} but got other JSON.`, {
      cause,
    });
  let content: unknown;
  try {
    content = parseJson(text);
  } catch (cause) {
    throw refuse(cause);
  }
  if (typeof content !== 'object' || content === null) throw refuse();
  const entries = Object.entries(content);
  if (!entries.every(([, name]) => typeof name === 'string')) throw refuse();
  return entries.map(([from, to]) => {
    const name = sameName(String(to));
    return {
      name,
      renames: Array.isArray(content) ? undefined : { from: sameName(from), to: name },
    };
  });
}

/**
 * Labels whose classes are called as a file says. Lines `old new` are taken so where every class of
 * the source is an old one; else lines are names, of numbers by their place, of names to give them
 * an order.
 *
 * @param path the source, for the refusal
 * @throws DataError when a class of the source has no name in the file
 */
export function renameClasses(labels: ClassLabels, file: ClassNames, path: string): ClassLabels {
  const { labelOf, classes } = labels;
  if (classes.length === 0) return nameNumbers(labels, file, path);
  const renamed = newNames(file);
  const names = file.lines.map(({ name }) => name);
  if (classes.every((name) => renamed?.has(name))) {
    const targets = classes.map((name) => renamed?.get(name) ?? name);
    return inOrder(labelOf, targets, [...new Set(renamed?.values())].filter(isIn(targets)));
  }
  const stray = classes.find((name) => !names.includes(name));
  if (stray === undefined) return inOrder(labelOf, classes, names);
  throw new DataError(
    `Expected every class of ${path} in ${file.path} but got none of \`${stray}\` there.\n` +
      'Each line is a name, or a class and its new name, parted by a tab.',
  );
}

function nameNumbers(labels: ClassLabels, file: ClassNames, path: string): ClassLabels {
  const renamed = newNames(file);
  const isNumbered = [...(renamed?.keys() ?? [])].every((from) => wholeNumber(from) !== undefined);
  const pairs = renamed && isNumbered ? renamed : undefined;
  const names = new Map(
    pairs
      ? [...pairs].map(([from, to]) => [Number(from), to] as const)
      : file.lines.map(({ name }, number) => [number, name] as const),
  );
  const order = [...new Set(names.values())];
  const places = new Map(order.map((name, place) => [name, place]));
  const labelOf = (index: number) => {
    const number = labels.labelOf(index);
    if (number === undefined) return undefined;
    const place = places.get(names.get(number) ?? '');
    if (place !== undefined) return place;
    throw new DataError(
      `Expected a name for every number of ${path} in ${file.path} but got none for ${number}, among ${listed(order)}.`,
    );
  };
  return { labelOf, classes: order, isDeclared: true };
}

/** New names by old ones; undefined when a line cannot be read so. */
function newNames({ lines }: ClassNames): Map<string, string> | undefined {
  const pairs = lines.map(({ renames }) => renames);
  if (pairs.includes(undefined)) return undefined;
  return new Map(pairs.map((pair) => [pair?.from ?? '', pair?.to ?? '']));
}

function isIn(names: readonly string[]): (name: string) => boolean {
  return (name) => names.includes(name);
}

function inOrder(
  labelOf: ClassLabels['labelOf'],
  targets: readonly string[],
  order: readonly string[],
): ClassLabels {
  const places = new Map(order.map((name, place) => [name, place]));
  const numbers = targets.map((name) => places.get(name));
  return {
    classes: order,
    isDeclared: true,
    labelOf: (index) => {
      const label = labelOf(index);
      return label === undefined ? undefined : numbers[label];
    },
  };
}
