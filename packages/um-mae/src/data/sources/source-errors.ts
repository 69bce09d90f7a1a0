/** Sources that cannot be opened, told in one sentence. */
import { getSystemErrorMap } from 'node:util';
import { DataError } from '../../errors.js';

/** The error to throw instead of `error`, or `error` itself when the file system has not made it. */
export function fileError(path: string, error: NodeJS.ErrnoException): Error {
  if (error.errno === undefined) return error;
  const reason = getSystemErrorMap().get(error.errno)?.[1] ?? error.code;
  return new DataError(`Expected to use ${path} but got: ${reason}.`, { cause: error });
}
