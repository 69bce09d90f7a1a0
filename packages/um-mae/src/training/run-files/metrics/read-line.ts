/** One line of `metrics.jsonl`, read with distrust. */
import { parseJson } from '@um-mae/torch/files';
import type { MetricsLine } from './metrics-line.js';

const kinds: readonly unknown[] = ['step', 'epoch', 'watch', 'evaluation'];

/**
 * A line has these values whatever its kind; whether others are numbers is checked where they are
 * used.
 */
type ReadLine = Partial<MetricsLine> & Pick<MetricsLine, 'kind' | 'step' | 'epoch'>;

/**
 * @returns undefined for a line that is no such thing: half written, damaged, of a stranger
 *
 * @example
 * ```ts
 * import { parseLine } from 'um-mae/runs';
 *
 * console.log(parseLine('{"kind": "step", "step": 3, "epoch": 0}')?.step); // 3
 * ```
 */
export function parseLine(text: string): ReadLine | undefined {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return undefined;
  }
  return isLine(value) ? value : undefined;
}

function isLine(value: unknown): value is ReadLine {
  if (typeof value !== 'object' || value === null) return false;
  if (!('kind' in value && 'step' in value && 'epoch' in value)) return false;
  return kinds.includes(value.kind) && Number.isFinite(value.step) && Number.isFinite(value.epoch);
}

/**
 * A number of a line; undefined where it has none of this name.
 *
 * @example
 * ```ts
 * import { numberOf } from 'um-mae/runs';
 *
 * console.log(numberOf({ loss: 0.5, picture: 'a.png' }, 'loss')); // 0.5
 * ```
 */
export function numberOf(line: object, name: string): number | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(line, name)?.value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
