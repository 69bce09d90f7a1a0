/** Making a folder ready for a run: who may write there. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError } from '../../errors.js';
import { makeFolder, withFileErrors } from '../../files/file-errors.js';
import { RunDirectory } from './run-directory.js';

/**
 * Whether a run begins in an empty folder, goes on with the run in it, extends it where it is
 * finished, or deletes it first.
 */
export type RunMode = 'create' | 'resume' | 'extend' | 'overwrite';

/** Whether a run goes on with the one that is in the folder. */
export function goesOn(mode: RunMode | undefined): boolean {
  return mode === 'resume' || mode === 'extend';
}

/**
 * The files that belong to a run directory, as patterns of relative paths. A folder that holds
 * anything else is never deleted.
 */
const contents: readonly RegExp[] = [
  /^(recipe\.yaml|environment\.json|metrics\.jsonl|skipped\.jsonl|results\.json)(\.partial)?$/,
  /^(failure\.json(\.partial)?|train\.log)$/,
  /^(notes|probe)\.json(\.partial)?$/,
  /^events\.out\.tfevents\.[^/]*$/,
  /^features(\/[^/]+\.safetensors(\.partial)?)?$/,
  /^images(\/epoch-\d+\.png(\.partial)?)?$/,
  /^checkpoints(\/(last|best|(step|epoch)-\w+)(\.partial)?(\/[^/]+)?)?$/,
];

/**
 * Prepares the folder of a run.
 *
 * @throws CheckpointError when `mode` does not fit what is there, or nothing can be written
 */
export async function openRunDirectory(path: string, mode: RunMode): Promise<RunDirectory> {
  const directory = new RunDirectory(path);
  if (mode === 'create') await checkFree(path);
  if (mode === 'overwrite' && existsSync(path)) {
    await withFileErrors({ verb: 'read', path, as: CheckpointError }, () =>
      deleteContents(directory),
    );
  }
  await withFileErrors({ verb: 'write', path, as: CheckpointError }, async () => {
    for (const folder of [directory.checkpoints, directory.images]) await makeFolder(folder);
  });
  return directory;
}

/** @throws CheckpointError when there is anything in the folder of a run that is to begin */
export async function checkFree(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const directory = new RunDirectory(path);
  await withFileErrors({ verb: 'read', path, as: CheckpointError }, () =>
    refuseNonEmpty(directory),
  );
}

async function refuseNonEmpty({ path, exists }: RunDirectory): Promise<void> {
  const [first, ...others] = await readdir(path);
  if (first === undefined) return;
  const advice = exists
    ? 'Add --resume to go on with the run in it, --overwrite to delete that run, or choose another --out.'
    : 'Choose another --out.';
  throw new CheckpointError(
    `Expected an empty folder for the run but got ${path}, which holds ${first}${others.length > 0 ? ' and more' : ''}.\n${advice}`,
  );
}

/**
 * Deletes a run, but for its folder, and nothing else.
 *
 * @throws CheckpointError when there is anything else
 */
export async function deleteContents({ path, exists }: RunDirectory): Promise<void> {
  const entries = await readdir(path);
  if (entries.length === 0) return;
  const foreign = firstForeign(entries) ?? firstForeign(await readdir(path, { recursive: true }));
  if (foreign !== undefined || !exists) {
    throw new CheckpointError(
      `Expected nothing but a run to delete in ${path} but got ${foreign ?? 'no recipe.yaml'}.\nMove it away first.`,
    );
  }
  for (const entry of entries) await rm(join(path, entry), { recursive: true });
}

function firstForeign(entries: readonly string[]): string | undefined {
  return entries.find((entry) => !contents.some((pattern) => pattern.test(entry)));
}

/** The first of `parent/name`, `parent/name-2`, ... that does not exist. */
export function freeRunPath(parent: string, name: string): string {
  let path = join(parent, name);
  for (let number = 2; existsSync(path); number++) path = join(parent, `${name}-${number}`);
  return path;
}
