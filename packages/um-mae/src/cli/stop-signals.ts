/** Ctrl-C and `kill` end a run in good order; a second signal ends the program at once. */
import { complain } from './output/terminal.js';

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

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
  for (const [name, exitCode] of Object.entries(exitCodes)) {
    process.once(name, () => {
      code = exitCode;
      // Without listeners, the next signal does what it does by itself.
      for (const other of Object.keys(exitCodes)) process.removeAllListeners(other);
      complain('Finishing the step; a second signal stops at once.');
      controller.abort();
    });
  }
  return { signal: controller.signal, exitCode: () => code };
}
