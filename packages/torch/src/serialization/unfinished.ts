/** Files and folders that are being written aside, for programs that a signal ends meanwhile. */
import { channel } from 'node:diagnostics_channel';
import { resolve } from 'node:path';

/** Anybody who ends the process early listens here; writers need not know of it. */
const unfinished = channel('um-mae:unfinished');

/** A file or folder, and whether it is to go if the process ends now. */
export interface Unfinished {
  /** An absolute path. */
  readonly path: string;
  readonly isUnfinished: boolean;
}

/**
 * Says that a file or folder is about to be written aside, or that nothing of it is left there.
 *
 * @param isUnfinished whether it is to go if the process ends now
 *
 * @example
 * ```ts
 * import { renameSync, writeFileSync } from 'node:fs';
 * import { listenToUnfinished, setUnfinished, type Unfinished } from '@um-mae/torch/files';
 *
 * // A program that ends by a signal would remove them.
 * listenToUnfinished((message) => {
 *   const { path, isUnfinished } = message as Unfinished;
 *   console.log(path, isUnfinished);
 * });
 * setUnfinished('table.csv.partial', true);
 * writeFileSync('table.csv.partial', 'a,b');
 * renameSync('table.csv.partial', 'table.csv');
 * setUnfinished('table.csv.partial', false);
 * ```
 */
export function setUnfinished(path: string, isUnfinished: boolean): void {
  unfinished.publish({ path: resolve(path), isUnfinished } satisfies Unfinished);
}

/**
 * Calls `listener` whenever `setUnfinished` is called in this thread, once, however often it is given
 * here.
 *
 * @param listener takes an `Unfinished`
 */
export function listenToUnfinished(listener: (message: unknown) => void): void {
  unfinished.unsubscribe(listener);
  unfinished.subscribe(listener);
}
