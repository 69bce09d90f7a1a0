/**
 * Checksums of weights: the SHA-256 of each file is in the `state.json` beside it, and so is that of
 * the state itself. Files without one, of earlier versions and of others, are not compared.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseJson } from '@um-mae/torch/files';
import { z } from 'zod';
import { CheckpointError } from '../errors.js';
import { describeFailure } from './file-errors.js';
import { readFlags } from './file-names.js';
import { mostOfRecord, wholeText } from './whole-file.js';

/** The name of the file that has the checksums of those beside it. */
export const stateFile = 'state.json';

/** SHA-256 in hexadecimal digits, by the names of files. */
export type Checksums = Readonly<Record<string, string>>;

const checksums = z.record(z.string(), z.string());

const state = z.looseObject({
  sha256: checksums.optional(),
  /** Those of files that are being replaced: either is right. */
  earlier: checksums.optional(),
});

/** Bytes of a file that are in memory at once. */
const pieceBytes = 2 ** 20;

/** @throws CheckpointError when the file cannot be read */
export function checksumOf(path: string): string {
  return describeFailure({ verb: 'read', path, as: CheckpointError }, () => {
    const file = openSync(path, readFlags);
    try {
      const hash = createHash('sha256');
      const piece = new Uint8Array(pieceBytes);
      for (let count = readSync(file, piece); count > 0; count = readSync(file, piece))
        hash.update(piece.subarray(0, count));
      return hash.digest('hex');
    } finally {
      closeSync(file);
    }
  });
}

/** Returns the text of a state, with the checksums of the files beside it and its own. */
export function sealedText(values: object, files: Checksums, earlier?: Checksums): string {
  const own = { ...values, ...(earlier && { earlier }), sha256: files };
  const sha256 = { ...files, [stateFile]: sumOfText(JSON.stringify(own)) };
  return `${JSON.stringify({ ...own, sha256 }, null, 2)}\n`;
}

/** The checksums in the `state.json` of a folder; none where there are none. */
export function checksumsIn(folder: string): Checksums {
  return readState(folder).sha256 ?? {};
}

/**
 * Compares a file of weights, or a state, with its checksum, if there is one.
 *
 * @throws CheckpointError when it is not as it was written
 */
export function checkFile(path: string): void {
  const [folder, name] = [dirname(path), basename(path)];
  const { sha256, earlier } = readState(folder);
  const right = [sha256?.[name], earlier?.[name]].filter((sum) => sum !== undefined);
  if (right.length > 0 && !right.includes(checksumOf(path))) throw damaged(path);
}

/**
 * Compares all files of a checkpoint, its state included, with their checksums.
 *
 * @throws CheckpointError when one is missing or not as it was written
 */
export function checkFiles(folder: string): void {
  const { sha256, ...values } = readState(folder);
  if (!sha256) return;
  const { [stateFile]: own, ...files } = sha256;
  if (own !== undefined && own !== sumOfText(JSON.stringify({ ...values, sha256: files })))
    throw damaged(join(folder, stateFile));
  for (const [name, sum] of Object.entries(files)) {
    const path = join(folder, basename(name));
    if (checksumOf(path) !== sum) throw damaged(path);
  }
}

function readState(folder: string): z.output<typeof state> {
  const path = join(folder, stateFile);
  if (!existsSync(path) || statSync(path).size > mostOfRecord) return {};
  const text = wholeText(path, { as: CheckpointError, most: mostOfRecord });
  try {
    return state.parse(parseJson(text));
  } catch (cause) {
    throw new CheckpointError(`Expected the state of a run in ${path} but it is damaged.`, {
      cause,
    });
  }
}

function sumOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function damaged(path: string): CheckpointError {
  return new CheckpointError(
    `Expected ${path} as it was written but got another SHA-256: it is damaged.\nTake an earlier checkpoint or a copy; --no-verify reads it all the same.`,
  );
}
