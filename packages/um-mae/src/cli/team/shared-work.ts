/** Work on a set of images, in this process or in a part of several: a signal ends it in all. */
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { isStop } from '../../data/loading/in-parts.js';
import { defaultWorkers } from '../../data/loading/threads/default-workers.js';
import type { Team } from '../../training/team/team.js';
import { placeOf, type TeamFlags } from '../flags/team-flags.js';
import { isLostGroup } from '../output/failure.js';
import type { Place } from './cluster.js';
import { inTeam } from './join-team.js';

export interface SharedFlags extends TeamFlags {
  readonly device: string;
  readonly workers: number;
}

/** The things that work goes on with. */
export interface SharedWork {
  /** The processes that share it; undefined for one alone. */
  readonly team: Team | undefined;
  /** Aborted by a signal. */
  readonly signal: AbortSignal;
  readonly device: string;
  /** Threads that decode images. */
  readonly workers: number;
}

/** Runs `body` until it ends or a signal comes, whose exit code it then is in all processes. */
export async function shareWork(
  flags: SharedFlags,
  command: Command,
  body: (work: SharedWork) => Promise<void>,
): Promise<void> {
  const place = placeOf(flags);
  const { listenForStop } = await import('../stop-signals.js');
  const stop = listenForStop();
  // What is written appears complete or not at all; several processes end together.
  stop.rest(place === undefined);
  const { signal } = stop;
  const workers = place ? await shareOf(place, flags, command) : flags.workers;
  const work = async (team?: Team) => {
    try {
      const device = team ? await deviceOf(team, flags) : flags.device;
      await body({ team, signal, device, workers });
    } catch (error) {
      // Another process that has had the signal may have left at once.
      const isLost = signal.aborted && isLostGroup(error);
      if (!isLost && !isStop(error, signal)) throw error;
      process.exitCode = stop.exitCode() || 143;
      // Nothing is left to wait for.
      if (team) process.exit();
    }
  };
  await (place ? inTeam({ place, patience: flags.patience, signal }, work) : work());
}

/** Takes the part of the machine that a process has beside the others of its host. @returns workers */
async function shareOf(
  { localSize }: Place,
  { workers }: SharedFlags,
  command: Command,
): Promise<number> {
  const { setThreads } = await import('@um-mae/torch');
  setThreads(Math.max(1, Math.floor(availableParallelism() / localSize)));
  const isChosen = command.getOptionValueSource('workers') !== 'default';
  return isChosen ? workers : defaultWorkers(localSize);
}

/** The device of a process beside the others, which exchange nothing but what is on CPUs. */
async function deviceOf(team: Team, flags: SharedFlags): Promise<string> {
  const { deviceIn } = await import('../../training/team/team-devices.js');
  const { useDevice } = await import('@um-mae/torch');
  return useDevice(deviceIn(team, flags.device));
}
