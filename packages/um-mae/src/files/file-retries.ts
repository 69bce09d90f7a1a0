/** Reading again what network file systems refuse now and then. */
import { constants } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { getSystemErrorMap } from 'node:util';

/**
 * A server that is away, a handle that it has forgotten, a disk that stumbles: they may be there
 * again in a moment.
 */
const passing: readonly string[] = [
  ...['ESTALE', 'ENOTCONN', 'EHOSTDOWN', 'EHOSTUNREACH', 'EIO', 'EREMOTEIO', 'ETIMEDOUT'],
  ...[
    'ECONNRESET',
    'ECONNABORTED',
    'ENETDOWN',
    'ENETUNREACH',
    'EAGAIN',
    'EBUSY',
    'EMFILE',
    'ENFILE',
  ],
];

/** Milliseconds before each further attempt. */
const pausesMs: readonly number[] = [50, 250, 1000];

/**
 * Runs a synchronous read; the thread sleeps before it tries again. @throws what the last attempt
 * threw
 */
export function retrySync<Result>(read: () => Result): Result {
  for (const pause of pausesMs) {
    try {
      return read();
    } catch (error) {
      if (!isPassing(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
  }
  return read();
}

/**
 * Runs an asynchronous read, again after a pause where it may then go well. @throws what the last
 * attempt threw
 */
export async function retry<Result>(read: () => Promise<Result>): Promise<Result> {
  for (const pause of pausesMs) {
    try {
      return await read();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await setTimeout(pause);
    }
  }
  return read();
}

function isPassing(error: unknown): boolean {
  return passing.includes(errorName(error) ?? '');
}

/**
 * `ESTALE` and the like, also of errors that Node has no name for; undefined for an error that is
 * none of the system.
 */
function errorName(error: unknown): string | undefined {
  if (!(error instanceof Error && 'errno' in error)) return undefined;
  const known = getSystemErrorMap().get(Number(error.errno));
  if (known) return known[0];
  const number = Math.abs(Number(error.errno));
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0];
}
