/**
 * Runs training in this process, or in one of several: shows what happens, writes it down, and ends
 * by a signal.
 */
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { defaultWorkers } from '../data/loading/threads/default-workers.js';
import type { RunSettings } from '../training/run-settings.js';
import type { Team } from '../training/team/team.js';
import { modeOf, type RunFlags } from './flags/run-flags.js';
import { placeOf, type TeamFlags } from './flags/team-flags.js';
import { failureOf } from './output/failure.js';
import { shownUntilStopped } from './output/show-until-stopped.js';
import type { TrainingEvent } from './output/terminal/event-lines.js';
import { type Show, showJson, showOnTerminal, showPlain } from './output/terminal/progress.js';
import { StatusLine } from './output/terminal/status-line.js';
import { TrainLog } from './output/terminal/train-log.js';
import { startOf } from './start-moment.js';
import type { Place } from './team/cluster.js';
import { inTeam } from './team/join-team.js';

/** Settings that flags give to a run of any task. */
type Settings = RunSettings<TrainingEvent>;

/**
 * @param start trains with these settings
 * @throws whatever ends the training, once the log and the listener have it
 */
export async function runTraining(
  flags: RunFlags & TeamFlags,
  command: Command,
  start: (settings: Settings) => Promise<unknown>,
): Promise<void> {
  const place = placeOf(flags);
  const shows = place === undefined || place.rank === 0;
  const show = shows ? showing(flags) : () => {};
  const log = new TrainLog();
  const status = new StatusLine('evaluated');
  let hasFailed = false;
  const listener = (event: TrainingEvent) => {
    status.clear();
    show(event);
    if (shows) log.add(event);
    if (event.kind === 'failed') hasFailed = true;
  };
  const onFailure = (text: string) => {
    // One that has begun nothing may have been refused a run that is another's.
    log.fail(text, shows ? undefined : flags.out);
    const reason = text.replace(/^um-mae: /, '');
    // A run that has begun has told it already.
    if (shows && flags.json && !hasFailed) showJson({ kind: 'failed', reason });
  };
  const onLook = (done: number, total: number) => status.show(done, total);
  const own = await settingsOf(flags, command, { place, listener });
  const settings = shows ? { ...own, onLook } : own;
  if (place) {
    const member = { place, patience: flags.patience, signal: settings.signal, onFailure };
    await inTeam(member, (team?: Team) => start({ ...settings, team }));
    return;
  }
  try {
    await start(settings);
  } catch (error) {
    onFailure(failureOf(error).text);
    throw error;
  }
}

/** @param place of this process among several: each has its share of cores */
async function settingsOf(
  flags: RunFlags,
  command: Command,
  { place, listener }: { readonly place: Place | undefined; readonly listener: Show },
): Promise<Settings> {
  const { out, device, verify, budget } = flags;
  const mode = modeOf(flags, command);
  const shown = await shownUntilStopped(listener, place === undefined);
  const common = { out, mode, device, verify, budget, startMs: startOf(command), ...shown };
  if (!place) return { ...common, threads: flags.threads, workers: flags.workers };
  const { localSize } = place;
  const threads = flags.threads ?? Math.max(1, Math.floor(availableParallelism() / localSize));
  const isChosen = command.getOptionValueSource('workers') !== 'default';
  const workers = isChosen ? flags.workers : defaultWorkers(localSize);
  return { ...common, threads, workers };
}

function showing({ json }: RunFlags): Show {
  if (json) return showJson;
  return process.stdout.isTTY ? showOnTerminal(process.stdout) : showPlain();
}
