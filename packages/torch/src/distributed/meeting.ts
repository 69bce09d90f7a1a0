/** The meeting of processes, each of which tells the others of itself, and its checks. */
import { hostname } from 'node:os';
import { MeetingError } from '../addon/errors.js';
import type { Member } from './failure.js';
import type { Store } from './store.js';

/** The place of a process, as the others see it. */
export interface Presence {
  readonly size: number;
  readonly host: string;
  readonly address: string;
}

/** A process that joins a group by its name. */
interface Newcomer extends Member {
  /** The host of process 0. */
  readonly host: string;
  readonly name: string;
}

/** @throws MeetingError when there is no such place */
export function checkPlace({ rank, size }: Member): void {
  if (Number.isInteger(size) && size >= 1 && Number.isInteger(rank) && rank >= 0 && rank < size)
    return;
  throw new MeetingError(`Expected a process from 0 to ${size - 1} but got ${rank} of ${size}.`);
}

/**
 * Puts the place of this process where the others look for it.
 *
 * @throws MeetingError when nobody answers, or another process has this number already: the
 *   processes of another job are at work there
 */
export async function announce(
  store: Store,
  own: Presence,
  { rank, size, host, name }: Newcomer,
): Promise<void> {
  const key = `${name}/here/${rank}`;
  const earlier = await store.get(key, 0).catch(cannotMeet);
  if (earlier === undefined) return store.put(key, JSON.stringify(own)).catch(cannotMeet);
  const other = JSON.parse(earlier) as Presence;
  throw new MeetingError(
    `Expected no other process ${rank} of ${size} at ${host}:${store.port} but got one on ${other.host}.\n` +
      'Give each of several jobs a port of its own.',
  );
}

/** Nobody has been lost yet. */
function cannotMeet(cause: Error): never {
  throw new MeetingError(cause.message, { cause });
}

/** Waits for all processes. @returns undefined for those that have not come in time */
export async function presences(
  store: Store,
  { name, size, endMs }: { readonly name: string; readonly size: number; readonly endMs: number },
): Promise<(Presence | undefined)[]> {
  const found: (Presence | undefined)[] = [];
  for (let rank = 0; rank < size; rank++) {
    const leftMs = Math.max(0, endMs - performance.now());
    const text = await store.get(`${name}/here/${rank}`, leftMs);
    const presence = text === undefined ? undefined : (JSON.parse(text) as Presence);
    if (presence) checkSize(presence, { rank, size });
    found.push(presence);
  }
  return found;
}

/** Hosts that start different numbers of processes count differently. */
function checkSize(presence: Presence, { rank, size }: Member): void {
  if (presence.size === size) return;
  throw new MeetingError(
    `Expected ${presence.size} processes, as process ${rank} on ${presence.host}, but got ${size} on ${hostname()}.`,
  );
}

/**
 * Checks that no process of several hosts waits at an address that only its own host reaches.
 *
 * @throws MeetingError naming the first that does
 */
export function checkReachable(members: readonly Omit<Presence, 'size'>[]): void {
  if (new Set(members.map(({ host }) => host)).size === 1) return;
  const rank = members.findIndex(({ address }) => /^(127\.|::1$|::ffff:127\.)/.test(address));
  const member = members[rank];
  if (!member) return;
  throw new MeetingError(
    `Expected an address of ${member.host} that other hosts reach for process ${rank} but got ${member.address}.\n` +
      'Give the address of the main host instead of a name that it calls itself.',
    { isShared: true },
  );
}
