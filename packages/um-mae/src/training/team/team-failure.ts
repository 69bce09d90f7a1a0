/** Errors among several processes: each learns why another one has ended, or which is silent. */
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { type LostGroupError, namesOf } from '@um-mae/torch/distributed';
import type { Team, TeamFailure } from './team.js';

interface ReportedFailure extends TeamFailure {
  readonly rank: number;
  readonly host: string;
}

/** Processes that have lost one see so at about the same time. */
const settleMs = 2000;

/** The first process may have to finish its step before it hears of an error. */
const hearMs = 10_000;

/** Tells the others that this process ends with an error, which ends their exchanges. */
export async function reportFailure(team: Team, failure: TeamFailure): Promise<void> {
  const { group, rank } = team;
  const report: ReportedFailure = { ...failure, rank, host: hostname() };
  await inTime(group.put('failed', JSON.stringify(report)));
  await inTime(group.abandon());
}

/** Finds out why an exchange has failed, once: another process says so, or does not answer. */
export function causeOf(team: Team, error: LostGroupError): Promise<TeamFailure> {
  team.failure ??= findCause(team, error);
  return team.failure;
}

async function findCause(team: Team, error: LostGroupError): Promise<TeamFailure> {
  const { group } = team;
  const isReached = await inTime(reportLoss(team));
  await inTime(group.abandon());
  const text = isReached ? await inTime(group.get('failed', settleMs)) : undefined;
  if (text !== undefined) return named(JSON.parse(text) as ReportedFailure);
  return silence(team, isReached ? await silentOnes(team) : [0], error);
}

/** @returns whether process 0 keeps the report: one that is stopped takes texts, but gives none */
async function reportLoss({ group, rank }: Team): Promise<boolean> {
  await group.put(lostKey(rank), 'yes');
  return (await group.get(lostKey(rank), 0)) !== undefined;
}

/** The processes that have not lost another one. */
async function silentOnes({ group, size }: Team): Promise<number[]> {
  const texts = Array.from({ length: size }, (_, rank) => inTime(group.get(lostKey(rank), 0)));
  return (await Promise.all(texts)).flatMap((text, rank) => (text === undefined ? [rank] : []));
}

/**
 * Shows an error once: in the first process, and in others where that does not hear of it.
 *
 * @param silent the processes that say nothing any more
 */
export async function speakOnce(
  { group, leads }: Team,
  speak: () => void,
  silent: readonly number[] = [],
): Promise<void> {
  const isAlone = leads || silent.includes(0);
  const heard = isAlone ? undefined : await inTime(group.get('heard', hearMs), hearMs + settleMs);
  if (heard === undefined) speak();
  if (leads) await inTime(group.put('heard', 'yes'));
}

/**
 * Keeps what processes have told each other until all that still speak have read it.
 *
 * @param silent the processes that say nothing any more
 */
export async function leave(team: Team, silent: readonly number[] = []): Promise<void> {
  const { group, rank, size, leads } = team;
  if (silent.includes(0)) return;
  const goneKey = (other: number) => `gone/${other}`;
  if (!leads) {
    await inTime(group.put(goneKey(rank), 'yes'));
    return;
  }
  const others = Array.from({ length: size - 1 }, (_, i) => i + 1).filter(
    (other) => !silent.includes(other),
  );
  await inTime(Promise.all(others.map((other) => group.get(goneKey(other), settleMs))));
}

function lostKey(rank: number): string {
  return `lost/${rank}`;
}

function named({ rank, host, text, exitCode }: ReportedFailure): TeamFailure {
  const [, head = '', sentences = ''] = /^(um-mae: )?(.*)$/s.exec(text) ?? [];
  return { text: `${head}Process ${rank} on ${host}: ${sentences}`, exitCode };
}

/** @param silent the processes that say nothing */
function silence(
  { group, patienceMs }: Team,
  silent: readonly number[],
  error: LostGroupError,
): TeamFailure {
  const exitCode = 1;
  if (silent.length === 0) return { text: `um-mae: ${error.message}`, exitCode };
  const hosts = [...new Set(silent.map((rank) => group.hosts[rank]))].join(', ');
  const verb = silent.length === 1 ? 'it has' : 'they have';
  const found = error.isLate ? `within ${patienceMs / 1000} s but got none` : `but ${verb} ended`;
  return {
    text: `um-mae: Expected an answer of ${namesOf(silent)} on ${hosts} ${found}.`,
    exitCode,
    silent,
  };
}

/** @returns undefined when the answer fails, or has not come in time */
async function inTime<Answer>(
  answer: Promise<Answer>,
  limitMs = settleMs + 1000,
): Promise<Answer | undefined> {
  const timer = new AbortController();
  const late = setTimeout(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } catch {
    return undefined;
  } finally {
    timer.abort();
  }
}
