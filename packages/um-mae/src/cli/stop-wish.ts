/** The signals that end a run in good order, and the message by which a launcher passes them on. */

/**
 * Slurm sends SIGUSR1 a while before the end; without a listener, Node opens its debugger. A
 * terminal that is closed sends SIGHUP.
 */
export const exitCodes = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
  SIGUSR1: 143,
  SIGUSR2: 143,
} as const;

/** A signal that ends a run in good order. */
export type StopSignal = keyof typeof exitCodes;

export const stopSignals = Object.keys(exitCodes) as StopSignal[];

/** A launcher's message that the run is to end in good order. */
export interface StopWish {
  readonly stop: StopSignal;
}
