/**
 * Values of Python's own library, as plain data: what pickles keep of paths, dates and containers.
 */
import { PickleMap } from './tree.js';

/** Texts of a path, joined; undefined for what is none. */
export function joinPath(parts: readonly unknown[], separator: string): string | undefined {
  if (!parts.every((part) => typeof part === 'string')) return undefined;
  const [root = '', ...others] = parts;
  // The first part of an absolute path is its root alone.
  const isRoot = /[/\\]$/.test(root);
  return isRoot ? root + others.join(separator) : parts.join(separator);
}

/**
 * A date or a date with a time, as ISO 8601 has it; undefined for what is none.
 *
 * @param state the bytes that Python keeps of it: two of the year, month, day, and perhaps hour,
 *   minute, second and three of microseconds
 */
export function dateOf([state]: readonly unknown[]): string | undefined {
  const bytes = typeof state === 'string' ? Buffer.from(state, 'latin1') : state;
  if (!(bytes instanceof Uint8Array) || (bytes.length !== 4 && bytes.length !== 10)) {
    return undefined;
  }
  const two = (value: number | undefined) => `${value}`.padStart(2, '0');
  const [high = 0, low = 0, month, day, hour, minute, second] = bytes;
  const date = `${256 * high + low}-${two(month)}-${two(day)}`;
  return bytes.length === 4 ? date : `${date}T${two(hour)}:${two(minute)}:${two(second)}`;
}

/** The items of a set, a frozen set or a deque, as a list of their own. */
export function itemsOf([items = []]: readonly unknown[]): unknown[] | undefined {
  return Array.isArray(items) ? [...items] : undefined;
}

/** The counts of a `Counter`, which it is made of. */
export function countsOf([counts = new PickleMap()]: readonly unknown[]): PickleMap | undefined {
  return counts instanceof PickleMap ? counts : undefined;
}
