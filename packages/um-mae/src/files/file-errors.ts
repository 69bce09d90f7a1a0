/** Translates failures of the file system into errors of one sentence. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemReason } from '@um-mae/torch/files';
import type { UmMaeError } from '../errors.js';

/** An operation on the file or folder at `path`, for its error message. */
export interface FileAccess {
  readonly verb: 'read' | 'write';
  readonly path: string;
  /** The class of the error, by what the file is: images, weights, or something that is made. */
  readonly as: new (
    message: string,
    options: ErrorOptions,
  ) => UmMaeError;
}

/**
 * @throws an error of the class `as` in place of one of the system: full disk, no permission, a
 *   file in the way
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * import { CheckpointError, describeFailure } from 'um-mae/runs';
 *
 * const access = { verb: 'read', path: 'none.json', as: CheckpointError } as const;
 * try {
 *   describeFailure(access, () => readFileSync('none.json'));
 * } catch (error) {
 *   if (error instanceof CheckpointError) console.log(error.message);
 * }
 * ```
 */
export function describeFailure<Result>(access: FileAccess, body: () => Result): Result {
  try {
    return body();
  } catch (cause) {
    throw fileError(access, cause);
  }
}

/**
 * Runs asynchronous work on a file, with errors of the system in a sentence.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { CheckpointError, withFileErrors } from 'um-mae/runs';
 *
 * const path = 'runs/photos/recipe.yaml';
 * const access = { verb: 'read', path, as: CheckpointError } as const;
 * const text = await withFileErrors(access, () => readFile(path, 'utf8'));
 * console.log(text.length > 0); // true
 * ```
 */
export async function withFileErrors<Result>(
  access: FileAccess,
  body: () => Promise<Result>,
): Promise<Result> {
  try {
    return await body();
  } catch (cause) {
    throw fileError(access, cause);
  }
}

/** The error to throw instead of `cause`, or `cause` itself when it is none of the system. */
export function fileError({ verb, path, as: FailureClass }: FileAccess, cause: unknown): unknown {
  const reason = systemReason(cause);
  if (reason === undefined) return cause;
  return new FailureClass(`Expected to ${verb} ${path} but got: ${reason}.`, { cause });
}

/**
 * Makes a folder and its parents. Node's `mkdir` with `recursive` hides the reason of a failure,
 * and never ends in `/proc`.
 */
export async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path);
}
