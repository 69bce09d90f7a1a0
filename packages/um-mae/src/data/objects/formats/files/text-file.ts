/** Texts beside images, in whatever encoding their programs write. */
import { readFileSync } from 'node:fs';
import { DataError } from '../../../../errors.js';
import { describeFailure } from '../../../../file-errors.js';
import { decodeText } from '../../../sources/lists/list-text.js';

/** @throws DataError when the file cannot be read */
export function readText(path: string): string {
  return decodeText(readBytes(path)).text;
}

/** @throws DataError when the file cannot be read */
export function readBytes(path: string): Buffer {
  return describeFailure({ verb: 'read', path, as: DataError }, () => readFileSync(path));
}

/** The lines of a file that hold anything, without blanks around them. */
export function readLines(path: string): string[] {
  const lines = readText(path).split(/\r\n|\n|\r/);
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}
