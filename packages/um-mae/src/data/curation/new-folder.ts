/** Folders that appear when all that is to be in them is written. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setUnfinished } from '@um-mae/torch/files';
import { DataError } from '../../errors.js';
import { fileError } from '../../files/file-errors.js';

/**
 * Writes into a folder aside, and moves that into place.
 *
 * @param what what the folder is for, in messages
 * @throws DataError when the folder holds anything, or cannot be written
 */
export async function writeNewFolder<Result>(
  out: string,
  what: string,
  write: (aside: string) => Promise<Result>,
): Promise<Result> {
  try {
    await refuseNonEmpty(out, what);
    await mkdir(dirname(out), { recursive: true });
    const aside = `${out}.partial-${randomUUID()}`;
    setUnfinished(aside, true);
    try {
      await mkdir(aside);
      const result = await write(aside);
      // Fails when the folder has been filled meanwhile.
      await rename(aside, out);
      return result;
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      throw error;
    } finally {
      setUnfinished(aside, false);
    }
  } catch (error) {
    throw fileError({ verb: 'write', path: out, as: DataError }, error);
  }
}

async function refuseNonEmpty(out: string, what: string): Promise<void> {
  const entries = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const [first] = entries;
  if (first === undefined) return;
  throw new DataError(
    `Expected an empty folder for ${what} but got ${out}, which holds ${first}${entries.length > 1 ? ' and more' : ''}.\nChoose another --out.`,
  );
}
