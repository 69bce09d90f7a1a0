/** Files and numbers of a run of fuzzing. */
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;

const beside = 'beside.json';

/** The files that changed ones are made of. */
export function corpusOf(name) {
  const folder = join(here, 'corpus', name);
  const files = readdirSync(folder).filter((file) => file !== beside);
  return files.map((file) => readFileSync(join(folder, file)));
}

/**
 * Puts an image into a folder, which annotations name, and what the reader looks for beside its file.
 * Returns the path of that file.
 */
export function startFolder(folder, { name, ending }) {
  copyFileSync(join(here, 'corpus', 'mask', 'a.png'), join(folder, 'a.png'));
  const other = join(here, 'corpus', name, beside);
  if (existsSync(other)) copyFileSync(other, join(folder, 'input.json'));
  return join(folder, `input.${ending}`);
}

/** A function that draws from [0, 1): Marsaglia's xorshift of 32 bits. */
export function randomOf(seed) {
  let state = (seed * 2654435761 + 1) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
