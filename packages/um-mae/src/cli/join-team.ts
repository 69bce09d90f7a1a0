/** Finds the processes that a launcher has started beside this one. */
import { on } from 'node:events';
import { UmMaeError } from '../errors.js';
import type { Team } from '../training/team.js';
import { isLaunched, type Place } from './cluster.js';

/** A child's message to the launcher, and the launcher's to the other children. */
export interface PortMessage {
  readonly port: number;
}

/**
 * Joins the other processes.
 *
 * @param patienceMs the longest wait for them, now and later
 * @throws GroupError naming those that are missing
 */
export async function joinTeam(place: Place, patienceMs: number): Promise<Team> {
  const { Group } = await import('@um-mae/torch/distributed');
  const { Team } = await import('../training/team.js');
  // Of processes on one host the first one chooses a port.
  const launched = isLaunched(process.env) && place.port === 0;
  const port = launched && place.rank > 0 ? await portOfLauncher() : place.port;
  const onPort = (found: number) => {
    if (launched) process.send?.({ port: found } satisfies PortMessage);
  };
  const group = await Group.join({ ...place, port, timeoutMs: patienceMs, onPort });
  return new Team(group, patienceMs);
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
