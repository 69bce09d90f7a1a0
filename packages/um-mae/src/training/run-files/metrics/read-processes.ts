/** The paces of several processes in a line of `metrics.jsonl`, read with distrust. */
import type { ProcessPaces } from './metrics-line.js';

/**
 * @returns undefined for a line without them, or with other values
 *
 * @example
 * ```ts
 * import { processesOf } from 'um-mae/runs';
 *
 * console.log(processesOf({ kind: 'step', loss: 0.5 })); // undefined
 * ```
 */
export function processesOf(line: object): ProcessPaces | undefined {
  if (!('processes' in line)) return undefined;
  const { processes } = line;
  return isPaces(processes) ? processes : undefined;
}

function isPaces(value: unknown): value is ProcessPaces {
  if (typeof value !== 'object' || value === null) return false;
  const read: Partial<Record<string, unknown>> = { ...value };
  const { slowest } = read;
  const lists = [read.imagesPerSecond, read.dataWaitSeconds, read.exchangeSeconds];
  const [first] = lists;
  const isList = (list: unknown): list is number[] =>
    Array.isArray(list) && list.length > 0 && list.every(Number.isFinite);
  return (
    isList(first) &&
    lists.every((list) => isList(list) && list.length === first.length) &&
    Number.isInteger(slowest) &&
    Number(slowest) >= 0 &&
    Number(slowest) < first.length
  );
}
