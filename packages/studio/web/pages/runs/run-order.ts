/** Chooses the runs that the list shows, and orders them. */
import type { RunSummary } from '../../../shared/protocol.js';

/** A column of the list that it can be sorted by. */
export interface RunColumn {
  readonly key: keyof RunSummary;
  readonly label: string;
  readonly isNumber: boolean;
}

export const runColumns: readonly RunColumn[] = [
  { key: 'name', label: 'Run', isNumber: false },
  { key: 'state', label: 'State', isNumber: false },
  { key: 'model', label: 'Model', isNumber: false },
  { key: 'method', label: 'Method', isNumber: false },
  { key: 'step', label: 'Progress', isNumber: false },
  { key: 'loss', label: 'Loss', isNumber: true },
  { key: 'score', label: 'Score', isNumber: true },
  { key: 'imagesPerSecond', label: 'Images/s', isNumber: true },
  { key: 'secondsLeft', label: 'Time left', isNumber: true },
  { key: 'updatedMs', label: 'Updated', isNumber: true },
];

export interface Order {
  readonly key: RunColumn['key'];
  readonly isDescending: boolean;
}

/** Every word must be somewhere in what the list shows of a run. */
export function matches(run: RunSummary, search: string): boolean {
  const { name, state, model, method, task, command } = run;
  const text = [name, state, model, method, task, command].join(' ').toLowerCase();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => text.includes(word));
}

/** Sorts runs. Those without the value come last in either direction. */
export function sorted(runs: readonly RunSummary[], { key, isDescending }: Order): RunSummary[] {
  const sign = isDescending ? -1 : 1;
  return runs.toSorted((left, right) => {
    const [a, b] = [shownValue(left, key), shownValue(right, key)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * compare(a, b) || left.name.localeCompare(right.name);
  });
}

function shownValue(run: RunSummary, key: Order['key']): string | number | null {
  if (key === 'score') return run.score?.value ?? null;
  if (key === 'step') return run.steps === null ? null : run.step / run.steps;
  return run[key] as string | number | null;
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
