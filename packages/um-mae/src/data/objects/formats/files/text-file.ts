/** Texts beside images, in whatever encoding their programs write. */
import { DataError } from '../../../../errors.js';
import { wholeBytes } from '../../../../files/whole-file.js';
import { decodeText } from '../../../sources/lists/list-text.js';

/** @throws DataError when the file cannot be read */
export function readText(path: string): string {
  return decodeText(readBytes(path)).text;
}

/** @throws DataError when the file cannot be read */
export function readBytes(path: string): Buffer {
  return wholeBytes(path, { as: DataError });
}

/** The lines of a file that hold anything, without blanks around them. */
export function readLines(path: string): string[] {
  const lines = readText(path).split(/\r\n|\n|\r/);
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}
