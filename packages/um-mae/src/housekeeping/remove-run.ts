/** Deletes a run with the features that probes have kept of it, and nothing else. */
import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { CheckpointError } from '../errors.js';
import { cacheContents, defaultCache } from '../features/cache/cache-place.js';
import { withFileErrors } from '../files/file-errors.js';
import { deleteContents } from '../training/run-files/open-run-directory.js';
import { RunDirectory } from '../training/run-files/run-directory.js';
import { RunLock } from '../training/run-files/run-lock.js';

/**
 * Deletes the run, and the folder of features beside it where there is one.
 *
 * @throws CheckpointError when the folder is no run, a process is at work in it, or either of the
 *   two holds anything else
 */
export async function removeRun(path: string): Promise<void> {
  await checkRun(path);
  const features = await keptFeatures(path);
  const lock = await RunLock.take(path);
  try {
    await withFileErrors({ verb: 'write', path, as: CheckpointError }, async () => {
      await deleteContents(new RunDirectory(path));
      await rmdir(path);
      if (features !== undefined) await rm(features, { recursive: true });
    });
  } finally {
    lock.release();
  }
}

/**
 * Finds the folder of features that probes have kept beside a run.
 *
 * @returns its path as that of the run is written; undefined where there is none
 * @throws CheckpointError when it holds anything else
 */
export async function keptFeatures(path: string): Promise<string | undefined> {
  const features = defaultCache(path);
  const found = await lstat(features).catch(() => undefined);
  if (!found?.isDirectory()) return undefined;
  const names = await withFileErrors({ verb: 'read', path: features, as: CheckpointError }, () =>
    readdir(features, { recursive: true }),
  );
  const foreign = names.find((name) => !cacheContents.test(name));
  if (foreign === undefined) return isAbsolute(path) ? features : relative('.', features);
  throw new CheckpointError(
    `Expected nothing but features of the run to delete in ${features} but got ${foreign}.\nMove it away first.`,
  );
}

/** @throws CheckpointError when the folder is no run, or a link to one */
export async function checkRun(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() && new RunDirectory(path).exists) return;
  const got = found?.isSymbolicLink() ? 'a link' : found ? 'no recipe.yaml there' : 'nothing there';
  throw new CheckpointError(`Expected the folder of a run at ${path} but got ${got}.`);
}
