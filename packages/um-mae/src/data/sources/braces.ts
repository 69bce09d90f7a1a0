/** Patterns of numbered files, as WebDataset writes them. */
import { DataError } from '../../errors.js';

const largest = 1_000_000;

/**
 * The paths that a pattern stands for: `shards/{000..146}.tar` is 147 paths. Numbers are padded to
 * the width of the first; a path may hold several ranges, and one without is itself.
 */
export function expandBraces(pattern: string): string[] {
  const range = /\{(\d+)\.\.(\d+)\}/.exec(pattern);
  if (!range) return [pattern];
  const [text, first = '', last = ''] = range;
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || count > largest) {
    throw refuse(pattern, text);
  }
  const head = pattern.slice(0, range.index);
  const tails = expandBraces(pattern.slice(range.index + text.length));
  if (count * tails.length > largest) throw refuse(pattern, `${count} x ${tails.length}`);
  return Array.from({ length: count }, (_, i) => {
    const number = String(Number(first) + i).padStart(first.length, '0');
    return tails.map((tail) => head + number + tail);
  }).flat();
}

function refuse(pattern: string, got: string): DataError {
  return new DataError(
    `Expected from 1 to ${largest} files, in rising order, in \`${pattern}\` but got ${got}.`,
  );
}
