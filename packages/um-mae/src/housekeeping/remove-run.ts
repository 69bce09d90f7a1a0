/** Deletes a run, and nothing else. */
import { lstat, rmdir } from 'node:fs/promises';
import { CheckpointError } from '../errors.js';
import { withFileErrors } from '../file-errors.js';
import { deleteContents } from '../training/run-files/open-run-directory.js';
import { RunDirectory } from '../training/run-files/run-directory.js';
import { RunLock } from '../training/run-files/run-lock.js';

/**
 * @throws CheckpointError when the folder is no run, holds anything else, or a process is at work
 *   in it
 */
export async function removeRun(path: string): Promise<void> {
  await checkRun(path);
  const lock = await RunLock.take(path);
  try {
    await withFileErrors({ verb: 'write', path, as: CheckpointError }, async () => {
      await deleteContents(new RunDirectory(path));
      await rmdir(path);
    });
  } finally {
    lock.release();
  }
}

/** @throws CheckpointError when the folder is no run, or a link to one */
export async function checkRun(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() && new RunDirectory(path).exists) return;
  const got = found?.isSymbolicLink() ? 'a link' : found ? 'no recipe.yaml there' : 'nothing there';
  throw new CheckpointError(`Expected the folder of a run at ${path} but got ${got}.`);
}
