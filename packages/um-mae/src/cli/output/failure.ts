/** Prints errors: a sentence for the user's own mistakes, a stack trace for ours. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { UmMaeError } from '../../errors.js';
import { complain } from './terminal/terminal.js';

/**
 * Codes of `TorchError` that say what a user can put right; its class is not there when libtorch is
 * not.
 */
const usersTorchErrors: readonly string[] = [
  'device',
  'load',
  'meeting',
  'out-of-memory',
  'serialization',
];

/** The words for an error, and the exit code that goes with it. */
export interface Failure {
  readonly text: string;
  /** 2 for a user's mistake, 1 for ours. */
  readonly exitCode: number;
}

/** Prints an error. @returns the exit code: 2 for a user's mistake, 1 for ours */
export function fail(error: unknown): number {
  const { text, exitCode } = failureOf(error);
  if (text !== '') complain(text);
  return exitCode;
}

/** Describes an error; without words where Commander has printed its own. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) return { text: '', exitCode: error.exitCode === 0 ? 0 : 2 };
  if (isUsers(error)) return { text: `um-mae: ${error.message}`, exitCode: 2 };
  if (hasNoDescriptors(error)) {
    const path = error.path ?? 'a file';
    const text = `um-mae: Expected to open ${path} but got: too many open files.\nAllow more of them by ulimit -n 256.`;
    return { text, exitCode: 2 };
  }
  if (isLostGroup(error)) return { text: `um-mae: ${error.message}`, exitCode: 1 };
  return { text: inspect(error), exitCode: 1 };
}

/** Whether the process may open no more files: code is loaded from many at once. */
function hasNoDescriptors(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error && 'code' in error)) return false;
  if (error.code === 'EMFILE') return true;
  // Node takes a package whose description it cannot open for one that is not there.
  const missing = /^Cannot find package '(.+)' imported/.exec(error.message)?.[1];
  return missing !== undefined && existsSync(join(dirname(missing), 'package.json'));
}

/** Whether another process is lost: nobody's mistake here. */
export function isLostGroup(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'group';
}

function isUsers(error: unknown): error is Error {
  if (error instanceof UmMaeError) return true;
  if (!(error instanceof Error) || !('code' in error)) return false;
  return usersTorchErrors.includes(String(error.code)) && 'name' in error;
}
