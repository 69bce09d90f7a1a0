import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/**
 * Adds lines to a file, each behind a text that stands there once; behind the empty text, at the
 * beginning.
 */
export function addLines(
  path: string,
  lines: readonly (readonly [place: string, line: string])[],
): void {
  const text = lines.reduce(
    (before, [place, line]) => {
      expect(before.split(place || before)).toHaveLength(2);
      return before.replace(place, place + line);
    },
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, text);
}
