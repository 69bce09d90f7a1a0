/** Lists whose first line has titles of columns, as tables are saved: `id,path,label,split`. */
import { DataError } from '../../../errors.js';
import { isImageName } from '../../image-files.js';
import { listed } from '../../labels/label-text.js';
import type { ListLine } from './list-line.js';

/** The places of the columns that are read. */
export interface ListColumns {
  /** The sign that parts columns. */
  readonly sign: string;
  readonly path: number;
  /** Undefined where no column is called like labels, or several are. */
  readonly label: number | undefined;
  /** Titles of columns that could tell classes; none where one of them is taken. */
  readonly others: readonly string[];
}

const pathTitle = /^(image|img|file)?[ _-]?(path|file|name|filename|image|img|image_id)$/i;
const labelTitle = /^(labels?|class(_?(name|label))?|categor(y|ies)|target|y)$/i;

/**
 * Finds the columns by the titles and the first row: a path is an image, in the column that is
 * called like one where several are; a label is in the column that is asked for, or that is called
 * `label`, `class` or the like.
 *
 * @param wanted the title of the column of labels
 * @returns undefined for a list without titles, or of a path and a label, which is read as such
 * @throws DataError when there is no column of the title that is wanted
 */
export function listColumns(
  [titles = '', row = '']: readonly string[],
  wanted: string | undefined,
  list: string,
): ListColumns | undefined {
  const sign = ['\t', ';', ','].find((each) => titles.includes(each)) ?? ',';
  const names = cellsOf(titles, sign);
  const cells = cellsOf(row, sign);
  const isTitled = names.length > 1 && !names.some(isImageName) && cells.length === names.length;
  const images = cells.flatMap((cell, place) => (isImageName(cell) ? [place] : []));
  const path = images.find((place) => pathTitle.test(names[place] ?? '')) ?? images[0];
  if (!isTitled || path === undefined) {
    if (wanted === undefined) return undefined;
    throw new DataError(
      `Expected a column \`${wanted}\` in ${list} but got a list whose first line has no titles of columns.`,
    );
  }
  const isPair = names.length === 2 && path === 0;
  if (isPair && wanted === undefined) return undefined;
  const rest = names.flatMap((_, place) => (place === path ? [] : [place]));
  const label = labelPlace(names, rest, wanted);
  if (label === undefined && wanted !== undefined) {
    const titled = listed(rest.map((place) => names[place] ?? ''));
    throw new DataError(`Expected a column \`${wanted}\` in ${list} but got ${titled}.`);
  }
  const others = label === undefined ? rest.map((place) => names[place] ?? '') : [];
  return { sign, path, label, others };
}

function labelPlace(
  names: readonly string[],
  rest: readonly number[],
  wanted: string | undefined,
): number | undefined {
  const titleOf = (place: number) => (names[place] ?? '').toLowerCase();
  if (wanted !== undefined) return rest.find((place) => titleOf(place) === wanted.toLowerCase());
  const alike = rest.filter((place) => labelTitle.test(titleOf(place)));
  return (
    alike.find((place) => titleOf(place) === 'label') ?? (alike.length === 1 ? alike[0] : undefined)
  );
}

/** Reads a row; undefined where it has no image in its place. */
export function rowOf(line: string, { sign, path, label }: ListColumns): ListLine | undefined {
  const cells = cellsOf(line, sign);
  const name = cells[path];
  if (name === undefined || !isImageName(name)) return undefined;
  const text = label === undefined ? '' : (cells[label] ?? '');
  return { name, label: text === '' ? undefined : text, isQuoted: false };
}

/** The cells of a line; one in double quotes may have the sign in it, and quotes written twice. */
function cellsOf(line: string, sign: string): string[] {
  const cell = new RegExp(` *(?:"((?:[^"]|"")*)"|([^${sign}]*?)) *(?:${sign}|$)`, 'gy');
  return [...`${line}${sign}`.matchAll(cell)]
    .slice(0, -1)
    .map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain);
}
