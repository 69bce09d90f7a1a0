/** What takes long, followed on the terminal and ended by a signal. */
import { setThreads } from '@um-mae/torch';
import type { RunOptions } from '../training/open-run.js';
import { environment } from './environment.js';
import { listenForStop } from './stop-signals.js';

/** What a run is given by the program, wherever it writes. */
type ProgramOptions = Omit<RunOptions, 'directory' | 'mode'>;

interface Following<Event> {
  readonly device: string;
  /** Threads that decode images. */
  readonly workers: number;
  /** Of libtorch; undefined: as it is. */
  readonly threads: number | undefined;
  readonly show: (event: Event) => void;
}

/** Runs to the end, or until a signal, and shows what happens. */
export async function showUntilStopped<Event extends { readonly kind: string }>(
  { device, workers, threads, show }: Following<Event>,
  begin: (options: ProgramOptions) => AsyncIterable<Event>,
): Promise<void> {
  if (threads !== undefined) setThreads(threads);
  const stop = listenForStop();
  for await (const event of begin({
    device,
    workers,
    environment: { ...environment(), device, workers, commandLine: process.argv.slice(2) },
    residentBytes: process.memoryUsage.rss,
    signal: stop.signal,
  })) {
    show(event);
    if (event.kind === 'interrupted') process.exitCode = stop.exitCode();
  }
}
