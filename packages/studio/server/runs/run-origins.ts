/** Runs that began from others: which of those in the folder their initial weights belong to. */
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A run, by the place of its folder. */
interface PlacedRun {
  readonly id: string;
  readonly name: string;
  /** Below the folder that is shown. */
  readonly path: string;
}

/**
 * Finds the run that weights belong to.
 *
 * @param from a run, a checkpoint or a file, as recipes name it
 * @param root the folder that is shown, without links
 */
export async function originIn<Found extends PlacedRun>(
  from: string,
  root: string,
  runs: readonly Found[],
): Promise<Found | undefined> {
  const places = new Map(runs.map((run) => [join(root, run.path), run]));
  // Of weights that are gone, the path still says whose they were.
  let path = await realpath(from).catch(() => from);
  while (true) {
    const run = places.get(path);
    if (run || path === dirname(path)) return run;
    path = dirname(path);
  }
}
