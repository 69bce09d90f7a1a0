/** Runs that repeat each other with other seeds, as one. */
import type { ListedRun } from '../../../shared/protocol/runs.js';
import { meanAndDeviation } from '../../format.js';
import { type CellValue, cellText, type RunColumn } from './run-columns.js';

/** Runs whose recipes differ in seeds alone. */
export interface RunGroup {
  readonly key: string;
  /** Common to their names. */
  readonly name: string;
  readonly runs: readonly ListedRun[];
}

/** Mean and deviation of numbers. */
export interface Spread {
  readonly mean: number;
  /** The standard deviation of a sample; null of a single number. */
  readonly deviation: number | null;
}

/**
 * Groups runs by their recipes but for the seed. Runs that began from others belong together where
 * those do.
 */
export function groupsOf(runs: readonly ListedRun[], all: readonly ListedRun[]): RunGroup[] {
  const byId = new Map(all.map((run) => [run.id, run]));
  const keyOf = (run: ListedRun, seen: readonly string[] = []): string => {
    const { origin, recipeDigest, id } = run;
    if (recipeDigest === '') return id;
    const from = origin?.run && !seen.includes(id) ? byId.get(origin.run.id) : undefined;
    return `${recipeDigest} ${from ? keyOf(from, [...seen, id]) : (origin?.from ?? '')}`;
  };
  const groups = new Map<string, ListedRun[]>();
  for (const run of runs) {
    const key = keyOf(run);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups].map(([key, members]) => ({ key, name: commonName(members), runs: members }));
}

/** The beginning that all names share, without a number that is cut in two. */
function commonName(runs: readonly ListedRun[]): string {
  const [first = '', ...others] = runs.map(({ name }) => name);
  if (others.length === 0) return first;
  let length = 0;
  while (length < first.length && others.every((name) => name[length] === first[length])) length++;
  const shared = first.slice(0, length).replace(/([-_/. ]?(seed|s)?[-_=]?\d*|[-_/. ]+)$/i, '');
  return shared === '' ? `${first} and others` : shared;
}

/** @returns undefined where there are no numbers */
export function spreadOf(values: readonly CellValue[]): Spread | undefined {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === 0) return undefined;
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  if (numbers.length === 1) return { mean, deviation: null };
  const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (numbers.length - 1)) };
}

/** Whether a group has a mean in a column. */
export function hasMean({ hasMean, isNumber }: RunColumn): boolean {
  return hasMean ?? isNumber;
}

/** The value of a group that it is sorted by: the mean, or what its runs have in common. */
export function groupValue(column: RunColumn, { name, runs }: RunGroup): CellValue {
  if (column.key === 'name') return name;
  const values = runs.map(column.value);
  if (hasMean(column)) return spreadOf(values)?.mean ?? null;
  if (column.key === 'updatedMs') return Math.max(...values.map(Number));
  return new Set(values).size === 1 ? (values[0] ?? null) : null;
}

/** Characters of values that stand one beside the other. */
const longestList = 16;

/** The text of a group in a column: "0.84 ± 0.01", what all its runs have, or how many values. */
export function groupText(column: RunColumn, group: RunGroup): string {
  const [any] = group.runs;
  if (!any) return '';
  const format = (value: number) => column.format?.(value, any) ?? String(value);
  const value = groupValue(column, group);
  if (hasMean(column)) {
    const spread = spreadOf(group.runs.map(column.value));
    if (!spread) return '';
    const { mean, deviation } = spread;
    if (deviation === null || column.key === 'step') return format(mean);
    // Shares are written with a digit of their own.
    const isShare = column.key === 'score' && any.score?.isShare;
    return isShare ? `${format(mean)} ± ${format(deviation)}` : meanAndDeviation(mean, deviation);
  }
  if (typeof value === 'number') return format(value);
  if (value !== null) return value;
  const texts = [...new Set(group.runs.map((run) => cellText(column, run)).filter(Boolean))].sort();
  const listed = texts.join(', ');
  return listed.length > longestList ? `${texts.length} values` : listed;
}
