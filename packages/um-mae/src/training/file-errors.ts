/** Failures of the file system, told in one sentence. */
import { getSystemErrorMap } from 'node:util';
import { CheckpointError } from '../errors.js';

/**
 * Runs `body`, which works on the file or folder at `path`.
 *
 * @throws CheckpointError in place of an error of the system: full disk, no permission, a file in the way
 */
export async function describeFailure<Result>(
  verb: 'read' | 'write',
  path: string,
  body: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await body();
  } catch (cause) {
    const reason = systemReason(cause);
    if (reason === undefined) throw cause;
    throw new CheckpointError(`Expected to ${verb} ${path} but got: ${reason}.`, { cause });
  }
}

function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error && 'errno' in error)) return undefined;
  return getSystemErrorMap().get(Number(error.errno))?.[1];
}
