/** Files that are read at any place. */
import { constants, fstatSync } from 'node:fs';
import { SerializationError } from '../addon/errors.js';
import { describeFailure, withFile } from './replace-file.js';

/**
 * Opens a file for the time of `body`.
 *
 * @throws SerializationError when it cannot be read, or is none: a folder, a pipe, a device
 */
export function readFile<Result>(
  path: string,
  body: (file: number, size: number) => Result,
): Result {
  // Otherwise, opening a pipe would wait for someone to write.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  return describeFailure('read', path, () =>
    withFile(path, flags, (file) => {
      const found = fstatSync(file);
      if (found.isFile()) return body(file, found.size);
      const kind = found.isDirectory() ? 'a folder' : 'no regular file';
      throw new SerializationError(`Expected to read ${path} but got ${kind}.`);
    }),
  );
}
