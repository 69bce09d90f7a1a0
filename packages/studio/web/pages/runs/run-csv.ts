/** The list as a table for other programs: what is listed, with all columns and all digits. */
import { csvOf } from '../../csv.js';
import type { RunColumn } from './run-columns.js';
import { groupValue, hasMean, type RunGroup, spreadOf } from './run-groups.js';

/** @param columns all that there are, not only those that are shown */
export function runCsv(
  groups: readonly RunGroup[],
  columns: readonly RunColumn[],
  { isGrouped }: { readonly isGrouped: boolean },
): string {
  return csvOf(isGrouped ? groupRows(groups, columns) : runRows(groups, columns));
}

type Rows = (string | number | null)[][];

function runRows(groups: readonly RunGroup[], columns: readonly RunColumn[]): Rows {
  const head = [...columns.map(nameOf), 'score name', 'tags', 'note'];
  const runs = groups.flatMap((group) => group.runs);
  const rows = runs.map((run) => [
    ...columns.map((column) => column.value(run)),
    run.score?.name ?? null,
    run.notes?.tags.join(' ') ?? null,
    run.notes?.note ?? null,
  ]);
  return [head, ...rows];
}

function groupRows(groups: readonly RunGroup[], columns: readonly RunColumn[]): Rows {
  const head = columns.flatMap((column) =>
    hasMean(column) ? [nameOf(column), `${nameOf(column)} deviation`] : [nameOf(column)],
  );
  const rows = groups.map((group) => [
    group.runs.length,
    ...columns.flatMap((column) => {
      const value = groupValue(column, group);
      if (!hasMean(column)) return [value];
      return [value, spreadOf(group.runs.map(column.value))?.deviation ?? null];
    }),
  ]);
  return [['runs', ...head], ...rows];
}

function nameOf({ key }: RunColumn): string {
  return key;
}
