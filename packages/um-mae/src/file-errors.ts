/** Failures of the file system, told in one sentence. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { CheckpointError } from './errors.js';

/** What is done with the file or folder at `path`. */
export interface FileAccess {
  readonly verb: 'read' | 'write';
  readonly path: string;
}

/** @throws CheckpointError in place of an error of the system: full disk, no permission, a file in the way */
export function describeFailure<Result>(access: FileAccess, body: () => Result): Result {
  try {
    return body();
  } catch (cause) {
    throw described(access, cause);
  }
}

/** `describeFailure` for what takes its time. */
export async function describeRejection<Result>(
  access: FileAccess,
  body: () => Promise<Result>,
): Promise<Result> {
  try {
    return await body();
  } catch (cause) {
    throw described(access, cause);
  }
}

/** Like `mkdir` with `recursive`, which does not tell the reason why it cannot, and in `/proc` never ends. */
export async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path);
}

/** The error to throw instead of `cause`, or `cause` itself when it is none of the system. */
function described({ verb, path }: FileAccess, cause: unknown): unknown {
  if (!(cause instanceof Error && 'errno' in cause)) return cause;
  const reason = getSystemErrorMap().get(Number(cause.errno))?.[1];
  if (reason === undefined) return cause;
  return new CheckpointError(`Expected to ${verb} ${path} but got: ${reason}.`, { cause });
}
