/** Settings that do not change what a run computes. Each has a default. */
import { ok as assert } from 'node:assert';
import { setThreads } from '@um-mae/torch';
import { defaultWorkers } from '../data/loading/threads/default-workers.js';
import { CheckpointError } from '../errors.js';
import { environment, recordedMachine, residentBytes } from './machine.js';
import type { RunOptions } from './open-run.js';
import type { RunEvent, Summary } from './recording/events.js';
import { freeRunPath, goesOn, type RunMode } from './run-files/open-run-directory.js';
import type { Team } from './team/team.js';
import { takeDevice } from './team/team-devices.js';

export interface RunSettings<Event> {
  /** The run directory. Default: a new one in `runs`; a run that is resumed has to be named. */
  readonly out?: string | undefined;
  /** Default `create`. */
  readonly mode?: RunMode | undefined;
  /** `cpu`, `cuda`, `cuda:1` or `mps`. Default: that of the run that is resumed, else `cpu`. */
  readonly device?: string | undefined;
  /**
   * Threads of libtorch. Default: as many as the run that is resumed had, else one for each core.
   */
  readonly threads?: number | undefined;
  /**
   * Threads that decode images; any number gives the same weights. Default: one core less than
   * there are, at most 8.
   */
  readonly workers?: number | undefined;
  /** Ends the run after the step under way, with a checkpoint from which it can be resumed. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the process may end without a loss, and when it may no longer. */
  readonly onRest?: ((atRest: boolean) => void) | undefined;
  /**
   * Called during evaluations and looks at the features, with the number of images that have been
   * computed, and of all.
   */
  readonly onLook?: ((done: number, total: number) => void) | undefined;
  /** Whether weights are compared with their checksums before they are used; default true. */
  readonly verify?: boolean | undefined;
  /** The contents of `environment.json` beside machine and versions. */
  readonly environment?: object | undefined;
  /**
   * The processes that train together. The first one writes, and has all events; the others have
   * the last one. Default: this one alone.
   */
  readonly team?: Team | undefined;
  /**
   * The time that the run is given, in seconds. All that is not set is then chosen so that the run
   * makes the best of it, by the speed of this machine and by the images, and ends in time. Default:
   * the run has the length of its recipe.
   */
  readonly budget?: number | undefined;
  /** The time by `performance.now()` from which on a budget counts. Default: now. */
  readonly startMs?: number | undefined;
  /** Called with every event. The run waits for a promise that it returns. */
  readonly onEvent?: ((event: Event) => void | Promise<void>) | undefined;
}

/**
 * The run directory that is meant.
 *
 * @param name of a new run in `runs`, where none is named
 * @throws CheckpointError when a run is to go on and none is named
 */
export function runDirectoryOf(
  { out, mode }: Pick<RunSettings<never>, 'out' | 'mode'>,
  name: string,
): string {
  if (out !== undefined) return out;
  if (!goesOn(mode)) return freeRunPath('runs', name);
  throw new CheckpointError(`Expected the run to ${mode} as \`out\` but got none.`);
}

/** The settings with their defaults; sets the threads of libtorch. */
export function completeSettings<Event>(
  settings: RunSettings<Event>,
  directory: string,
): RunOptions {
  const { mode = 'create', workers = defaultWorkers(), team } = settings;
  const recorded = goesOn(mode) ? recordedMachine(directory) : {};
  const { device = usual(recorded.device, team), threads = recorded.threads } = settings;
  setThreads(threads);
  return {
    directory,
    mode,
    device,
    workers,
    environment: { ...environment(), device, workers, ...settings.environment },
    team,
    residentBytes,
    signal: settings.signal ?? new AbortController().signal,
    onRest: settings.onRest,
    onLook: settings.onLook,
    verify: settings.verify,
    startMs: settings.startMs,
  };
}

/** The device of a run that goes on. The recorded one is that of process 0 alone. */
function usual(recorded = 'cpu', team?: Team): string {
  return team ? recorded.replace(/:.*/, '') : recorded;
}

/**
 * Takes the device of each process.
 *
 * @returns the settings, with the host, device and threads of every process in `environment.json`
 * @throws UmMaeError when their devices do not go together
 * @throws DeviceError when one is not there
 */
export async function withProcesses(options: RunOptions): Promise<RunOptions> {
  const { team } = options;
  if (!team) return options;
  const { device, exchange, remarks } = await takeDevice(team, options.device);
  const { processor, threads } = environment();
  const own = { host: team.group.hosts[team.rank], device, processor, threads };
  const processes = await team.gather([own]);
  const described = { ...options.environment, device, exchange, processes };
  return { ...options, device, remarks, environment: described };
}

/** Passes on what happens until a run ends. @returns how it ended */
export async function runToEnd<Event extends { readonly kind: string }>(
  events: AsyncIterable<Event | RunEvent>,
  onEvent: RunSettings<Event | RunEvent>['onEvent'],
): Promise<Summary> {
  let summary: Summary | undefined;
  for await (const event of events) {
    if (isEnd(event)) summary = event.summary;
    await onEvent?.(event);
  }
  assert(summary, 'a run says how it has ended');
  return summary;
}

type End = Extract<RunEvent, { kind: 'finished' | 'interrupted' }>;

function isEnd(event: { readonly kind: string }): event is End {
  return event.kind === 'finished' || event.kind === 'interrupted';
}
