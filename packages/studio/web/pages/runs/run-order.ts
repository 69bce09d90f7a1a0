/** Chooses the runs that the list shows, and orders them. */
import type { ListedRun } from '../../../shared/protocol/runs.js';
import { taskWords } from '../../words.js';
import type { CellValue, RunColumn } from './run-columns.js';

/** A value of the recipe that a run has to have. */
export interface Filter {
  readonly path: string;
  readonly value: string;
}

export interface Order {
  /** Key of a column. */
  readonly key: string;
  readonly isDescending: boolean;
}

/**
 * Every word must be somewhere in what the list shows of a run. A word such as `peak>1e-4`,
 * `epochs<100` or `seed=0` compares a value of the recipe.
 */
export function matches(run: ListedRun, search: string): boolean {
  const { name, state, model, command, task, notes, values } = run;
  const fields = [name, state, model, command, task, taskWords(run)];
  const pairs = Object.entries(values).map(([path, value]) => `${path}=${value}`);
  const written = notes ? [...notes.tags, notes.note] : [];
  const text = [...fields, ...written, ...pairs].join(' ').toLowerCase();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => comparison(run, word) ?? text.includes(word));
}

/** Whether a value is as a word says; undefined for a word that speaks of no value of the run. */
function comparison({ values }: ListedRun, word: string): boolean | undefined {
  const [, key = '', sign, wanted = ''] = /^([\w.]+)([<>=])(.+)$/.exec(word) ?? [];
  const found = Object.entries(values).find(([path]) =>
    `.${path.toLowerCase()}`.endsWith(`.${key}`),
  );
  if (!found || sign === undefined) return undefined;
  const [value, limit] = [found[1].toLowerCase(), Number(wanted)];
  if (sign === '=') return value === wanted || (wanted !== '' && Number(value) === limit);
  return sign === '<' ? Number(value) < limit : Number(value) > limit;
}

/** Whether a run has the value of every filter. */
export function passes(run: ListedRun, filters: readonly Filter[]): boolean {
  return filters.every(({ path, value }) => run.values[path] === value);
}

/**
 * Sorts items by a value of each. Those without one come last in either direction.
 *
 * @param nameOf decides between equal values
 */
export function sortedBy<Item>(
  items: readonly Item[],
  rankOf: (item: Item) => CellValue,
  { isDescending, nameOf }: Pick<Order, 'isDescending'> & { nameOf: (item: Item) => string },
): Item[] {
  const sign = isDescending ? -1 : 1;
  return items.toSorted((left, right) => {
    const [a, b] = [rankOf(left), rankOf(right)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * compare(a, b) || compare(nameOf(left), nameOf(right));
  });
}

/** Sorts runs by a column. */
export function sorted(
  runs: readonly ListedRun[],
  column: RunColumn,
  isDescending: boolean,
): ListedRun[] {
  return sortedBy(runs, column.value, { isDescending, nameOf: ({ name }) => name });
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
