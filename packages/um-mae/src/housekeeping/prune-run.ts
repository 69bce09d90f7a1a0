/** Makes a finished run smaller: what only a run that goes on needs, and what it holds twice. */
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '@um-mae/torch/files';
import { CheckpointError } from '../errors.js';
import { describeFailure } from '../files/file-errors.js';
import { wholeBytes } from '../files/whole-file.js';
import {
  optimizerFile,
  prunableCheckpoints,
  pruneCheckpoint,
} from '../training/run-files/checkpoints/prune-checkpoints.js';
import { RunDirectory } from '../training/run-files/run-directory.js';
import { RunLock } from '../training/run-files/run-lock.js';
import { withoutPictures } from '../training/tensorboard/without-pictures.js';

/** The bytes that can be taken out of a run. */
export interface Prunable {
  /** The optimizer's state, without which the run can be neither resumed nor extended. */
  readonly optimizer: number;
  /** Pictures in event files, which are in `images/`, too. */
  readonly pictures: number;
}

export async function prunableIn(path: string): Promise<Prunable> {
  const { checkpoints } = new RunDirectory(path);
  const states = prunableCheckpoints(checkpoints).map((each) => join(each, optimizerFile));
  const files = (await eventFiles(path)).map((file) => {
    const bytes = wholeBytes(file, { as: CheckpointError });
    return bytes.length - withoutPictures(bytes).length;
  });
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
  return { optimizer: sum(states.map((file) => statSync(file).size)), pictures: sum(files) };
}

/**
 * Takes all of that out of a run.
 *
 * @throws CheckpointError while a process is at work in it, or where it cannot be written
 */
export async function pruneRun(path: string): Promise<void> {
  const lock = await RunLock.take(path);
  try {
    for (const each of prunableCheckpoints(new RunDirectory(path).checkpoints))
      pruneCheckpoint(each);
    for (const file of await eventFiles(path)) {
      describeFailure({ verb: 'write', path: file, as: CheckpointError }, () => {
        const rest = withoutPictures(wholeBytes(file, { as: CheckpointError }));
        replaceFile(file, (append) => append(rest));
      });
    }
  } finally {
    lock.release();
  }
}

async function eventFiles(path: string): Promise<string[]> {
  const names = (await readdir(path)).filter((name) => name.startsWith('events.out.tfevents.'));
  return names.map((name) => join(path, name));
}
