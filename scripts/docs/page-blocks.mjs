/**
 * Reads the fenced blocks of a page of documentation, and applies them to a copy of the sources.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Collects the blocks of a page: the language, the path after it, and the text. */
export function blocksOf(page) {
  return [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language, path, text]) => ({ language, path, text }),
  );
}

/** Writes a block that is a file, or makes the changes of a block that is a difference. */
export function applyBlock(root, { language, path, text }) {
  const file = join(root, path);
  if (language === 'diff') {
    const changed = text
      .split('@@\n')
      .reduce((before, change) => applied(before, change, path), readFileSync(file, 'utf8'));
    writeFileSync(file, changed);
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** Replaces the lines with a minus, which must be there exactly once, by those with a plus. */
function applied(before, change, path) {
  const lines = change.trimEnd().split('\n');
  const marked = (mark) =>
    lines
      .filter((line) => line[0] === mark)
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  const parts = before.split(marked('-'));
  if (parts.length !== 2) {
    throw new Error(`Expected once in ${path} but got ${parts.length - 1} times: ${marked('-')}`);
  }
  return parts.join(marked('+'));
}
