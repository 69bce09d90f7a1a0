/**
 * Checkpoints: folders that are written aside and appear complete.
 *
 * `last` is a link to the newest one. Replacing a link is one move, which cannot be said of a
 * folder that is not empty: at any moment `last` leads to a whole checkpoint.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { scope, type Tensor } from '@um-mae/torch';
import { setUnfinished } from '@um-mae/torch/files';
import { readSafetensors, writeSafetensors } from '@um-mae/torch/serialization';
import { CheckpointError } from '../../../errors.js';
import {
  checkFiles,
  checksumOf,
  checksumsIn,
  sealedText,
  stateFile,
} from '../../../files/checksums.js';
import { describeFailure } from '../../../files/file-errors.js';
import { mostOfRecord, wholeText } from '../../../files/whole-file.js';
import { replaceText } from '../replace-text.js';
import { RunDirectory } from '../run-directory.js';
import { optimizerFile } from './prune-checkpoints.js';
import { parseTrainingState, type TrainingState } from './training-state.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** Everything that a run needs to go on. */
export interface Checkpoint {
  readonly model: Tensors;
  readonly optimizer: Tensors;
  /** Running averages of the weights, where the recipe wants them; named as in `model`. */
  readonly average: Tensors | undefined;
  readonly state: TrainingState;
}

/** The name and form of a checkpoint on disk. */
export interface CheckpointPlace {
  /** `step-00000420`, deleted when the next one is there, or `epoch-0100`, which stays. */
  readonly name: string;
  /** Goes into the file of weights, so that it can be used by itself. */
  readonly recipe: object;
}

/**
 * Writes a checkpoint below `folder` and lets `last` lead to it.
 *
 * @throws an error of one sentence when it cannot be written; `last` leads where it led before
 */
export function writeCheckpoint(
  folder: string,
  { model, optimizer, average, state }: Checkpoint,
  { name, recipe }: CheckpointPlace,
): void {
  const path = join(folder, name);
  const aside = `${path}.partial`;
  describeFailure({ verb: 'write', path, as: CheckpointError }, () => {
    setUnfinished(aside, true);
    try {
      mkdirSync(aside, { recursive: true });
      const metadata = { format: 'um-mae', recipe: JSON.stringify(recipe) };
      const write = (name: string, tensors: Tensors, options = {}) =>
        [name, writeSafetensors(join(aside, name), tensors, options)] as const;
      const sums = Object.fromEntries([
        write('model.safetensors', model, { metadata }),
        write(optimizerFile, optimizer),
        ...(average ? [write('average.safetensors', average, { metadata })] : []),
      ]);
      replaceText(join(aside, stateFile), sealedText(state, sums));
      rmSync(path, { recursive: true, force: true });
      renameSync(aside, path);
      pointLast(folder, name);
    } catch (error) {
      rmSync(aside, { recursive: true, force: true });
      throw error;
    } finally {
      setUnfinished(aside, false);
    }
    clean(folder);
  });
}

/**
 * Replaces the weights below `folder` that have scored best, in one move.
 *
 * @throws an error of one sentence when they cannot be written; the earlier ones are kept then
 */
export function writeBest(
  folder: string,
  model: Tensors,
  { recipe, scores }: { readonly recipe: object; readonly scores: object },
): void {
  const path = join(folder, 'best');
  describeFailure({ verb: 'write', path, as: CheckpointError }, () =>
    mkdirSync(path, { recursive: true }),
  );
  const metadata = {
    format: 'um-mae',
    recipe: JSON.stringify(recipe),
    scores: JSON.stringify(scores),
  };
  const name = 'model.safetensors';
  const aside = join(path, `${name}.new`);
  setUnfinished(aside, true);
  const sums = { [name]: writeSafetensors(aside, model, { metadata }) };
  describeFailure({ verb: 'write', path, as: CheckpointError }, () => {
    const file = join(path, name);
    // A kill before the move leaves the earlier weights.
    const earlier = existsSync(file) ? { [name]: checksumOf(file) } : undefined;
    replaceText(join(path, stateFile), sealedText({}, sums, earlier));
    renameSync(aside, file);
    setUnfinished(aside, false);
    syncFolder(path);
  });
}

/** Writes into the last checkpoint below `folder` that what follows its epoch has been done. */
export function writeLookDone(folder: string): void {
  const last = join(folder, 'last');
  const { [stateFile]: _, ...files } = checksumsIn(last);
  replaceText(join(last, stateFile), sealedText({ ...readState(last), isLookDue: false }, files));
}

/** Whether a run in the folder `run` has written a checkpoint to go on from. */
export function hasCheckpoint(run: string): boolean {
  const { checkpoints } = new RunDirectory(run);
  return (
    existsSync(checkpoints) &&
    readdirSync(checkpoints).some((name) => /^(last|(step|epoch)-\w+)$/.test(name))
  );
}

/**
 * Prepares `folder` for a run to continue. It deletes unfinished checkpoints. If `last` is missing
 * (in a copy without links, or after a kill before the first was made), it is linked to the newest
 * checkpoint.
 */
export function openCheckpoints(folder: string): void {
  describeFailure({ verb: 'write', path: folder, as: CheckpointError }, () => {
    const last = join(folder, 'last');
    // A copy that has followed links.
    if (existsSync(last) && !lstatSync(last).isSymbolicLink()) {
      renameSync(last, join(folder, 'step-copied'));
    }
    if (!existsSync(last)) pointLastToNewest(folder);
    clean(folder);
  });
}

function pointLastToNewest(folder: string): void {
  const [newest] = readdirSync(folder)
    .filter((name) => /^(step|epoch)-\w+$/.test(name))
    .map((name) => ({ name, step: readState(join(folder, name)).step }))
    .sort((a, b) => b.step - a.step);
  if (newest) pointLast(folder, newest.name);
}

function clean(folder: string): void {
  const last = existsSync(join(folder, 'last')) ? readlinkSync(join(folder, 'last')) : undefined;
  for (const entry of readdirSync(folder)) {
    const isReplaced = entry.startsWith('step-') && last !== undefined && entry !== last;
    if (isReplaced || entry.endsWith('.partial')) rmSync(join(folder, entry), { recursive: true });
  }
}

function readState(checkpoint: string): TrainingState {
  const path = join(checkpoint, stateFile);
  return parseTrainingState(wholeText(path, { as: CheckpointError, most: mostOfRecord }), path);
}

function readAverage(path: string): Tensors | undefined {
  return existsSync(path) ? readFinite(path) : undefined;
}

/**
 * Training would go on with numbers that are none, and end with weights that are none.
 *
 * @throws CheckpointError naming the tensors with NaN or an infinite number in them
 */
function readFinite(path: string): Tensors {
  const { tensors } = readSafetensors(path);
  const broken = [...tensors].filter(([, tensor]) => !hasOnlyNumbers(tensor)).map(([name]) => name);
  if (broken.length === 0) return tensors;
  const shown = broken.slice(0, 3).join(', ') + (broken.length > 3 ? ', ...' : '');
  throw new CheckpointError(
    `Expected finite numbers in ${path} but got NaN or infinite ones in ${broken.length} of ${tensors.size}: ${shown}.\nStart a new run, from an earlier checkpoint by --from where there is one.`,
  );
}

function hasOnlyNumbers(tensor: Tensor): boolean {
  if (!/^b?f\d/.test(tensor.dtype) || tensor.elements === 0) return true;
  return scope(() => tensor.isfinite().all().item() === true);
}

/**
 * The newest checkpoint below `folder`, or nothing when there is none yet.
 *
 * @param verify whether files are compared with their checksums; default true
 * @throws CheckpointError when it is damaged
 */
export function readLastCheckpoint(folder: string, verify = true): Checkpoint | undefined {
  const last = join(folder, 'last');
  if (!existsSync(last)) return undefined;
  if (!existsSync(join(last, optimizerFile))) {
    throw new CheckpointError(
      `Expected the state of the optimizer in ${last} but it was pruned: the run goes on no more.\nIts weights are there, for um-mae finetune --from and all other commands.`,
    );
  }
  if (verify) checkFiles(last);
  return describeFailure({ verb: 'read', path: last, as: CheckpointError }, () => ({
    model: readFinite(join(last, 'model.safetensors')),
    optimizer: readFinite(join(last, optimizerFile)),
    average: readAverage(join(last, 'average.safetensors')),
    state: readState(last),
  }));
}

function pointLast(folder: string, name: string): void {
  const aside = join(folder, 'last.partial');
  // What `last` will lead to has to be on the disk first.
  syncFolder(folder);
  rmSync(aside, { force: true });
  symlinkSync(name, aside);
  renameSync(aside, join(folder, 'last'));
  syncFolder(folder);
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
