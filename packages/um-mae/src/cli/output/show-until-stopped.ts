/** Runs long work: shows its progress on the terminal and ends it by a signal. */

/**
 * Settings of a run that shows what happens, ends with a signal, and records the command line.
 *
 * @param isAlone whether no other processes wait for this one: until its first step it has nothing to
 *   lose then
 */
export async function shownUntilStopped<Event extends { readonly kind: string }>(
  show: (event: Event) => void,
  isAlone = true,
) {
  // It needs libtorch.
  const { listenForStop } = await import('../stop-signals.js');
  const stop = listenForStop();
  stop.rest(isAlone);
  return {
    environment: { commandLine: process.argv.slice(2) },
    signal: stop.signal,
    onRest: stop.rest,
    onEvent(event: Event): void {
      show(event);
      // Another process may have had the signal.
      if (event.kind === 'interrupted') process.exitCode = stop.exitCode() || 143;
    },
  };
}
