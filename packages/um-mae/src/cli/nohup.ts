/**
 * Whether the program was started by `nohup`, and so is to go on when its terminal is closed.
 *
 * `nohup` has SIGHUP ignored, but Node takes every signal to its default before any of our code runs.
 * So only traces are left.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { type StopSignal, stopSignals } from './stop-wish.js';

/** Traces of how the program was started. */
export interface StartTraces {
  /** The command that a shell has started, as bash and zsh write it into the variable `_`. */
  readonly started: string | undefined;
  /** The file behind the standard input, and the flags that it was opened with, in octal digits. */
  readonly input: { readonly path: string; readonly flags: string } | undefined;
  /** Signals that the parent ignores, as bits in hexadecimal digits. */
  readonly ignored: string | undefined;
}

/** Whether the traces are those of `nohup`, or of a parent that ignores SIGHUP, as a shell under it. */
export function tellNohup({ started, input, ignored }: StartTraces): boolean {
  // `nohup` puts there what cannot be read, in place of a terminal.
  const isUnreadable = input?.path === '/dev/null' && (Number.parseInt(input.flags, 8) & 3) === 1;
  const isIgnored = ignored !== undefined && (BigInt(`0x${ignored}`) & 1n) === 1n;
  return basename(started ?? '') === 'nohup' || isUnreadable || isIgnored;
}

/** Goes on after SIGHUP where the program was started by `nohup`. */
export function goOnUnderNohup(): void {
  if (isUnderNohup()) process.on('SIGHUP', () => {});
}

/** Returns the signals that end work in good order. */
export function signalsThatStop(): StopSignal[] {
  return isUnderNohup() ? stopSignals.filter((name) => name !== 'SIGHUP') : stopSignals;
}

/** Whether this process, by its traces, was started so. Elsewhere than on Linux `_` alone tells it. */
function isUnderNohup(): boolean {
  const path = linkOf('/proc/self/fd/0');
  const flags = /^flags:\s*(\d+)$/m.exec(textOf('/proc/self/fdinfo/0') ?? '')?.[1];
  const status = textOf(`/proc/${process.ppid}/status`) ?? '';
  return tellNohup({
    started: process.env._,
    input: path !== undefined && flags !== undefined ? { path, flags } : undefined,
    ignored: /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1],
  });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
