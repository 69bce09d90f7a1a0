/**
 * Ctrl-C, `kill` and a terminal that is closed end a run in good order; a second signal ends the
 * program at once, whatever it does. Under `nohup` a closed terminal ends nothing. While nothing would be lost, as in the evaluation after an
 * epoch, the first one does so after a second. In a process of several the launcher passes the wish
 * on, or is gone, which is one too.
 */
import { setAtRest, watchSignals } from '@um-mae/torch';
import { isLaunched } from './cluster.js';
import { signalsThatStop } from './nohup.js';
import { complain } from './output/terminal.js';
import { exitCodes, type StopSignal, type StopWish } from './stop-wish.js';

export interface StopSignals {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code that goes with the signal that came, or 0. */
  exitCode(): number;
  /** Says whether nothing would be lost if the process ended now. */
  readonly rest: (atRest: boolean) => void;
}

/** Listens for signals until the program ends. */
export function listenForStop(): StopSignals {
  const controller = new AbortController();
  let code = 0;
  let isAtRest = false;
  const names = signalsThatStop();
  const stop = (name: StopSignal) => {
    if (controller.signal.aborted) return;
    code = exitCodes[name];
    // Without listeners, the next signal does what it does by itself.
    for (const each of names) process.removeAllListeners(each);
    const what = isAtRest ? 'Stopping' : 'Finishing the step';
    complain(`${what}; a second signal stops at once.`);
    controller.abort();
  };
  for (const name of names) process.once(name, stop);
  watchSignals(Object.fromEntries(names.map((name) => [name, exitCodes[name]])));
  listenForLauncher(stop);
  const rest = (atRest: boolean) => {
    isAtRest = atRest;
    setAtRest(atRest);
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
