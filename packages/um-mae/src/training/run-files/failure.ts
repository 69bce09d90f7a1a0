/** The reason for which a run ended with an error, as a file in it, for whoever looks at it later. */
import { rmSync } from 'node:fs';
import { parseJson } from '@um-mae/torch/files';
import { z } from 'zod';
import { replaceText } from './replace-text.js';
import type { RunDirectory } from './run-directory.js';

const failure = z.object({
  /** Sentences for the user. */
  reason: z.string(),
  /** Optimizer steps done. */
  step: z.int().min(0),
  /** The step of the last checkpoint; null where there is none. */
  savedStep: z.int().min(0).nullable(),
  /** The moment, as ISO 8601 writes it. */
  time: z.string(),
});

/** The end of a run by an error. */
export type RunFailure = z.output<typeof failure>;

/** Writes the failure into the run, if that is possible: the disk may be what has failed. */
export function writeFailure({ failure: path }: RunDirectory, failed: RunFailure): void {
  try {
    replaceText(path, `${JSON.stringify(failed, null, 2)}\n`);
  } catch {
    // The error that ended the run says more.
  }
}

/** Forgets the failure of a run that goes on. */
export function forgetFailure({ failure: path }: RunDirectory): void {
  rmSync(path, { force: true });
}

/**
 * @returns undefined for a text that is no failure
 *
 * @example
 * ```ts
 * import { parseFailure } from 'um-mae/runs';
 *
 * console.log(parseFailure('not JSON')); // undefined
 * ```
 */
export function parseFailure(text: string): RunFailure | undefined {
  try {
    return failure.parse(parseJson(text, { mostValues: 100 }));
  } catch {
    return undefined;
  }
}
