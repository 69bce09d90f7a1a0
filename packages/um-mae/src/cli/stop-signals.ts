/**
 * Ctrl-C, `kill` and a terminal that is closed end a run in good order; a second signal ends the
 * program at once, whatever it does. Under `nohup` a closed terminal ends nothing. While nothing
 * would be lost, as before the first step and in the evaluation after an epoch, the first one does so
 * after a second. In a process of several the launcher passes the wish on, or is gone, which is one
 * too.
 */
import { constants } from 'node:os';
import { listenToUnfinished, type Unfinished } from '@um-mae/torch/files';
import { type NativeSignals, nativePixels } from '../images/native-pixels.js';
import { signalsThatStop } from './nohup.js';
import { complain, eraseLine } from './output/terminal/terminal.js';
import { exitCodes, type StopSignal, type StopWish } from './stop-wish.js';
import { isLaunched } from './team/cluster.js';

export interface StopSignals {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code that goes with the signal that came, or 0. */
  exitCode(): number;
  /** Says whether nothing would be lost if the process ended now. */
  readonly rest: (atRest: boolean) => void;
}

/**
 * Lets signals end the process at once, in a sentence, unless a command listens for them: listeners
 * have to be there already. What is half-written is removed.
 */
export function watchStopSignals(): void {
  // Before the addons are built, signals do what they do by themselves.
  if (!native) return;
  const names = signalsThatStop();
  const line = (text: string) => `${process.stderr.isTTY ? eraseLine : ''}${text}\n`;
  native.watchSignals(
    names.map((name) => constants.signals[name]),
    names.map((name) => exitCodes[name]),
    names.map((name) => process.listenerCount(name) > 0),
    [line(sentence(true)), line(sentence(false)), line('Stopped by a signal.')],
  );
  listenToUnfinished(tellUnfinished);
}

const native: NativeSignals | undefined = nativePixels;

function tellUnfinished(message: unknown): void {
  const { path, isUnfinished } = message as Unfinished;
  native?.setUnfinished(path, isUnfinished);
}

function sentence(isAtRest: boolean): string {
  return `${isAtRest ? 'Stopping' : 'Finishing the step'}; a second signal stops at once.`;
}

/** Listens for signals until the program ends. */
export function listenForStop(): StopSignals {
  const controller = new AbortController();
  let code = 0;
  let isAtRest = false;
  const stop = (name: StopSignal) => {
    if (controller.signal.aborted) return;
    code = exitCodes[name];
    controller.abort();
  };
  for (const name of signalsThatStop()) process.on(name, stop);
  watchStopSignals();
  listenForLauncher((name) => {
    if (!controller.signal.aborted) complain(sentence(isAtRest));
    stop(name);
  });
  const rest = (atRest: boolean) => {
    isAtRest = atRest;
    native?.setAtRest(atRest);
  };
  return { signal: controller.signal, exitCode: () => code, rest };
}

function listenForLauncher(stop: (name: StopSignal) => void): void {
  if (!process.channel || !isLaunched(process.env)) return;
  process.on('message', (message: Partial<StopWish>) => {
    if (message.stop) stop(message.stop);
  });
  process.once('disconnect', () => stop('SIGTERM'));
  // What the launcher might still say keeps no process.
  process.channel.unref();
}
