/**
 * Checkpoints: folders that are written aside and appear complete.
 *
 * `last` is a link to the newest one. Replacing a link is one move, which cannot be said of a folder that is
 * not empty: at any moment `last` leads to a whole checkpoint.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '@um-mae/torch';
import { readSafetensors, writeSafetensors } from '@um-mae/torch/serialization';
import { CheckpointError } from '../errors.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import type { PretrainRecipe } from '../recipes/pretrain-recipe.js';
import { describeFailure } from './file-errors.js';
import { replaceText } from './run-directory.js';
import { parseTrainingState, type TrainingState } from './training-state.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** Everything that a run needs to go on. */
export interface Checkpoint {
  readonly model: Tensors;
  readonly optimizer: Tensors;
  readonly state: TrainingState;
}

/** How a checkpoint is stored. */
export interface CheckpointPlace {
  /** `step-00000420`, deleted when the next one is there, or `epoch-0100`, which stays. */
  readonly name: string;
  /** Goes into the file of weights, so that it can be used by itself. */
  readonly recipe: PretrainRecipe;
}

/**
 * Writes a checkpoint below `folder` and lets `last` lead to it.
 *
 * @throws an error of one sentence when it cannot be written; `last` leads where it led before
 */
export function writeCheckpoint(
  folder: string,
  { model, optimizer, state }: Checkpoint,
  { name, recipe }: CheckpointPlace,
): void {
  const path = join(folder, name);
  const aside = `${path}.partial`;
  describeFailure({ verb: 'write', path }, () => {
    try {
      mkdirSync(aside, { recursive: true });
      const metadata = { format: 'um-mae', recipe: JSON.stringify(recipe) };
      writeSafetensors(join(aside, 'model.safetensors'), model, { metadata });
      writeSafetensors(join(aside, 'optimizer.safetensors'), optimizer);
      replaceText(join(aside, 'state.json'), `${JSON.stringify(state, null, 2)}\n`);
      renameSync(aside, path);
      pointLast(folder, name);
    } catch (error) {
      rmSync(aside, { recursive: true, force: true });
      throw error;
    }
    cleanCheckpoints(folder);
  });
}

/** Deletes what an interrupted run left unfinished, and replaced checkpoints. */
export function cleanCheckpoints(folder: string): void {
  const last = existsSync(join(folder, 'last')) ? readlinkSync(join(folder, 'last')) : undefined;
  for (const entry of readdirSync(folder)) {
    const isReplaced = entry.startsWith('step-') && entry !== last;
    const isOrphan = entry.startsWith('epoch-') && last === undefined;
    if (isReplaced || isOrphan || entry.endsWith('.partial')) {
      rmSync(join(folder, entry), { recursive: true });
    }
  }
}

/**
 * The newest checkpoint below `folder`, or nothing when there is none yet.
 *
 * @throws CheckpointError when it is damaged
 */
export function readLastCheckpoint(folder: string): Checkpoint | undefined {
  const last = join(folder, 'last');
  if (!existsSync(last)) return undefined;
  return describeFailure({ verb: 'read', path: last }, () => ({
    model: readSafetensors(join(last, 'model.safetensors')).tensors,
    optimizer: readSafetensors(join(last, 'optimizer.safetensors')).tensors,
    state: parseTrainingState(readFileSync(join(last, 'state.json'), 'utf8'), last),
  }));
}

/** Weights, and the recipe that says which model they belong to. */
export interface Weights {
  readonly tensors: Tensors;
  readonly recipe: PretrainRecipe;
}

/**
 * Reads weights for use.
 *
 * @param path a run directory, a checkpoint in it, or a file of weights
 * @throws CheckpointError when there are none
 */
export function readWeights(path: string): Weights {
  const candidates = ['checkpoints/last/model.safetensors', 'model.safetensors', ''];
  const file = candidates.map((name) => join(path, name)).find((name) => existsSync(name));
  if (file === undefined || (file === join(path, '') && !path.endsWith('.safetensors'))) {
    throw new CheckpointError(
      `Expected a run, a checkpoint or a file of weights at ${path} but got none of them.`,
    );
  }
  const { tensors, metadata } = readSafetensors(file);
  if (metadata.recipe === undefined) {
    throw new CheckpointError(`Expected weights with their recipe in ${file} but got none.`);
  }
  return { tensors, recipe: parsePretrainRecipe(JSON.parse(metadata.recipe)) };
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
