/**
 * Ctrl-C and `kill` end a run in good order; a second signal ends the program at once. In a process
 * of several the launcher passes the wish on, or is gone, which is one too.
 */
import { isLaunched } from './cluster.js';
import { complain } from './output/terminal.js';

/** Slurm sends SIGUSR1 a while before the end; without a listener, Node opens its debugger. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGUSR1: 143, SIGUSR2: 143 } as const;

/** The signals that end a run in good order. */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;

export interface StopSignals {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code that goes with the signal that came, or 0. */
  exitCode(): number;
}

/** Listens for signals until the program ends. */
export function listenForStop(): StopSignals {
  const controller = new AbortController();
  let code = 0;
  const stop = (exitCode: number) => {
    if (controller.signal.aborted) return;
    code = exitCode;
    // Without listeners, the next signal does what it does by itself.
    for (const name of Object.keys(exitCodes)) process.removeAllListeners(name);
    complain('Finishing the step; a second signal stops at once.');
    controller.abort();
  };
  for (const [name, exitCode] of Object.entries(exitCodes))
    process.once(name, () => stop(exitCode));
  listenForLauncher((name) => stop(exitCodes[name]));
  return { signal: controller.signal, exitCode: () => code };
}

/** A launcher's message that the run is to end in good order. */
export interface StopWish {
  readonly stop: (typeof stopSignals)[number];
}

function listenForLauncher(stop: (name: StopWish['stop']) => void): void {
  if (!process.channel || !isLaunched(process.env)) return;
  process.on('message', (message: Partial<StopWish>) => {
    if (message.stop) stop(message.stop);
  });
  process.once('disconnect', () => stop('SIGTERM'));
  // What the launcher might still say keeps no process.
  process.channel.unref();
}
