/** Runs work in one of several processes: finds the others, and ends with them. */
import { on } from 'node:events';
import { UmMaeError } from '../../errors.js';
import type { Team, TeamFailure } from '../../training/team/team.js';
import { fail, failureOf } from '../output/failure.js';
import { complain } from '../output/terminal/terminal.js';
import { isLaunched, type Place } from './cluster.js';
import { addressOfInterface, checkMainHost, interfaceVariable } from './network.js';

/** A child's message to the launcher, and the launcher's to the other children. */
export interface PortMessage {
  readonly port: number;
}

/** One of several processes that are to work together. */
export interface Member {
  readonly place: Place;
  /** Seconds of the longest wait for another process. */
  readonly patience: number;
  /** Ends the wait for the others to join. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the words for an error where they are shown, once among all. */
  readonly onFailure?: ((text: string) => void) | undefined;
}

/** The exit code of a process that is asked to end before it has begun. */
const askedToEnd = 143;

/**
 * Does work together with the other processes. When it fails in one of them, all end with the same
 * exit code, and the first one says why.
 */
export async function inTeam<Result>(
  { place, patience, signal, onFailure }: Member,
  work: (team: Team) => Promise<Result>,
): Promise<Result> {
  signal?.addEventListener('abort', leaveAtOnce);
  const team = await joinTeam(place, 1000 * patience).catch((error) =>
    process.exit(failToJoin(place, error)),
  );
  signal?.removeEventListener('abort', leaveAtOnce);
  try {
    const result = await work(team);
    // Whatever is still to be written, the others hear of its failure.
    await team.group.barrier();
    await team.group.leaveGpus();
    return result;
  } catch (error) {
    return process.exit(await endTogether(team, error, onFailure));
  }
}

function leaveAtOnce(): void {
  process.exit(askedToEnd);
}

/**
 * @throws GroupError or MeetingError when the others are not found
 * @throws UmMaeError when they cannot be found in the network as it is named
 */
async function joinTeam(place: Place, patienceMs: number): Promise<Team> {
  await checkMainHost(place);
  const named = process.env[interfaceVariable];
  const address = named ? addressOfInterface(named) : undefined;
  const { Group } = await import('@um-mae/torch/distributed');
  const { Team } = await import('../../training/team/team.js');
  // Of processes on one host the first one chooses a port.
  const isPassed = isLaunched(process.env) && place.port === 0;
  const port = isPassed && place.rank > 0 ? await portOfLauncher() : place.port;
  const onPort = (found: number) => {
    if (isPassed) process.send?.({ port: found } satisfies PortMessage);
  };
  const group = await Group.join({ ...place, port, address, timeoutMs: patienceMs, onPort });
  return new Team(group, patienceMs);
}

/** Shows why the processes do not meet: what all of them see, the first one. @returns the exit code */
function failToJoin({ rank }: Place, error: unknown): number {
  const isShared = error instanceof Error && 'isShared' in error && error.isShared;
  return isShared && rank > 0 ? failureOf(error).exitCode : fail(error);
}

/** Shows an error of any process once. @returns the exit code, which is that of all */
async function endTogether(
  team: Team,
  error: unknown,
  onFailure: Member['onFailure'],
): Promise<number> {
  const { LostGroupError } = await import('@um-mae/torch/distributed');
  const { causeOf, leave, reportFailure, speakOnce } = await import(
    '../../training/team/team-failure.js'
  );
  const isLost = error instanceof LostGroupError;
  const failure: TeamFailure = isLost ? await causeOf(team, error) : failureOf(error);
  if (!isLost) await reportFailure(team, failure);
  const speak = () => {
    complain(failure.text);
    onFailure?.(failure.text);
  };
  await speakOnce(team, speak, failure.silent);
  await leave(team, failure.silent);
  return failure.exitCode;
}

/** Asks the launcher for the port that the first process has told it. */
async function portOfLauncher(): Promise<number> {
  process.channel?.ref();
  const messages = on(process, 'message');
  process.send?.({ asks: 'port' });
  for await (const [message] of messages) {
    if (!('port' in message)) continue;
    process.channel?.unref();
    return (message as PortMessage).port;
  }
  throw new UmMaeError('launcher', 'Expected the port of process 0 but the launcher is gone.');
}
