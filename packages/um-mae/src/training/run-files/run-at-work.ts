/** Whether weights belong to a run that still trains. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFile } from '../../files/checksums.js';
import { parseTrainingState } from './checkpoints/training-state.js';
import { RunDirectory } from './run-directory.js';
import { heldLocks, lockName } from './run-lock.js';

/**
 * Returns sentences for people on weights that are not the last ones of their run.
 *
 * @param from a run, a checkpoint or a file, of which runs alone are looked at; null: none
 */
export async function notesOnWork(from: string | null): Promise<string[]> {
  if (from === null || !new RunDirectory(from).exists) return [];
  const held = await heldLocks();
  if (!held?.has(lockName(await stat(from, { bigint: true })))) return [];
  const path = join(new RunDirectory(from).checkpoints, 'last', stateFile);
  const { step } = parseTrainingState(await readFile(path, 'utf8'), path);
  return [`The run in ${from} is still at work; its last checkpoint is that of step ${step}.`];
}
