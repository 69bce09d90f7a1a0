/** Names of classes in the order of a file beside annotations, or else of the alphabet. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readLines } from './text-file.js';

const files = ['classes.txt', 'labels.txt', 'obj.names', '_classes.txt'];

/** The names that annotations use, each once, in the order of `classes.txt` where that has all. */
export function namesBeside(root: string, used: readonly string[]): string[] {
  const names = [...new Set(used)].sort();
  const listed = namesInFile(root);
  return listed && names.every((name) => listed.includes(name)) ? listed : names;
}

/** The lines of the first file of names in a folder; undefined where there is none. */
export function namesInFile(root: string): string[] | undefined {
  const file = files.map((name) => join(root, name)).find((path) => existsSync(path));
  if (file === undefined) return undefined;
  return readLines(file);
}
