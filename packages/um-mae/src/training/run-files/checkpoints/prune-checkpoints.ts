/** Takes the optimizer's state out of the checkpoints of a run, which then goes on no more. */
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '../../../errors.js';
import { checksumsIn, sealedText, stateFile } from '../../../files/checksums.js';
import { describeFailure } from '../../../files/file-errors.js';
import { mostOfRecord, wholeText } from '../../../files/whole-file.js';
import { replaceText } from '../replace-text.js';
import { parseTrainingState } from './training-state.js';

/** The file of the optimizer's state in a checkpoint. */
export const optimizerFile = 'optimizer.safetensors';

const limits = { as: CheckpointError, most: mostOfRecord };

/** The checkpoints below a folder that have an optimizer's state. */
export function prunableCheckpoints(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isDirectory() && existsSync(join(path, optimizerFile)));
}

/** @throws CheckpointError when the state of the checkpoint is damaged, or it cannot be written */
export function pruneCheckpoint(path: string): void {
  describeFailure({ verb: 'write', path, as: CheckpointError }, () => {
    const state = join(path, stateFile);
    const { [stateFile]: _, [optimizerFile]: __, ...files } = checksumsIn(path);
    const values = parseTrainingState(wholeText(state, limits), state);
    // Without the checksum first: a file that is there and not named harms nothing.
    replaceText(state, sealedText(values, files));
    rmSync(join(path, optimizerFile));
  });
}
