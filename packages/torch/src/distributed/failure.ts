/** The words for what goes wrong between processes. */
import { hostname } from 'node:os';
import { LostGroupError, TorchError } from '../addon/errors.js';

/** A process as messages name it. */
export interface Member {
  readonly rank: number;
  readonly size: number;
}

/** Returns what an error says. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The error of an exchange that failed, in our words where those of Gloo and NCCL are known; after it the group is
 * of no use.
 */
export function lostGroup({ rank, size }: Member, error: unknown): LostGroupError {
  const text = textOf(error);
  const self = `process ${rank} of ${size} on ${hostname()}`;
  return new LostGroupError(
    `Expected an answer of the other processes in ${self} but ${describe(text)}.`,
    isLate.test(text),
    { cause: error },
  );
}

const isLate = /Timed out|[Tt]imeout|to answer at/;

function describe(text: string): string {
  const peer = /\[([\d.:a-f]+)\]/.exec(text)?.[1];
  const where = peer === undefined ? '' : ` at ${peer}`;
  if (/by peer|Broken pipe|[Cc]onnection closed|ncclRemoteError/.test(text))
    return `one${where} has ended`;
  if (isLate.test(text)) return `got none in time${where}`;
  return `got: ${text.replace(/\.+$/, '')}`;
}

/** Names processes: `process 2`, `processes 2, 5 and 7`. */
export function namesOf(ranks: readonly number[]): string {
  const last = ranks.at(-1);
  if (ranks.length === 1) return `process ${last}`;
  return `processes ${ranks.slice(0, -1).join(', ')} and ${last}`;
}

/** Whether Gloo or NCCL has thrown an error, and not an operator between exchanges. */
export function isOfExchange(error: unknown): boolean {
  if (!(error instanceof TorchError) || error.code !== 'native') return false;
  return /gloo|nccl|peer/i.test(error.message);
}
