/**
 * `notes.json` in a run: what people write about it. The one file that the studio writes; training
 * neither reads nor changes it.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson, RunDirectory, replaceFile, UmMaeError } from 'um-mae/runs';
import type { RunNotes } from '../../shared/protocol/runs.js';
import { ConflictError, NotFoundError } from '../errors.js';
import type { ShownFolder } from '../files/inside.js';
import { readSmall } from '../files/read.js';

const longestNote = 20_000;
const longestTag = 40;
const mostTags = 20;
const mostBytes = 2 ** 18;

/** Tags and a note, without a word on which version they are. */
export type WrittenNotes = Omit<RunNotes, 'revision'>;

const none: RunNotes = { tags: [], note: '', revision: '' };

/**
 * Reads the notes of a run, which has none without the file.
 *
 * @param parts the path of the file below the folder
 * @throws UmMaeError for a file that is no such notes
 */
export async function readNotes(folder: ShownFolder, parts: readonly string[]): Promise<RunNotes> {
  try {
    const bytes = await folder.withFile(parts, (file) => readSmall(file, { mostBytes }));
    const revision = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    return { ...checkNotes(parsed(bytes), join(...parts)), revision };
  } catch (error) {
    if (error instanceof NotFoundError) return none;
    throw error;
  }
}

/**
 * Replaces the notes of a run.
 *
 * @param run the path of the run below the folder
 * @param written the notes, with the revision that they are a change of
 * @throws ConflictError when they have another revision meanwhile
 * @throws UmMaeError when they are no notes, those on the disk are damaged, or cannot be written
 */
export async function writeNotes(
  folder: ShownFolder,
  run: string,
  written: unknown,
): Promise<RunNotes> {
  const name = new RunDirectory('').notes;
  const notes = checkNotes(written, 'the request');
  const directory = await folder.resolve(run);
  const before = await readNotes(folder, [run, name]);
  if (revisionIn(written) !== before.revision) {
    throw new ConflictError(
      'Expected to change the notes that are shown but they have been changed elsewhere.',
    );
  }
  replace(join(directory, name), notes);
  return readNotes(folder, [run, name]);
}

function replace(path: string, notes: WrittenNotes): void {
  const text = `${JSON.stringify({ version: 1, ...notes }, null, 2)}\n`;
  try {
    // A link of this name would be followed.
    rmSync(`${path}.partial`, { force: true });
    replaceFile(path, (append) => append(new TextEncoder().encode(text)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UmMaeError('notes', `Expected to keep the notes but got: ${reason}`, {
      cause: error,
    });
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return parseJson(bytes.toString('utf8'), { mostValues: 100 });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function checkNotes(value: unknown, place: string): WrittenNotes {
  if (typeof value === 'object' && value !== null && 'tags' in value && 'note' in value) {
    const { tags, note } = value;
    if (Array.isArray(tags) && tags.length <= mostTags && tags.every(isTag) && isNote(note)) {
      return { tags: [...new Set(tags)], note };
    }
  }
  throw new UmMaeError(
    'notes',
    `Expected at most ${mostTags} tags of ${longestTag} characters and a note of ${longestNote} in ${place} but got something else.`,
  );
}

function isTag(tag: unknown): tag is string {
  return typeof tag === 'string' && tag.trim() !== '' && tag.length <= longestTag;
}

function isNote(note: unknown): note is string {
  return typeof note === 'string' && note.length <= longestNote;
}

function revisionIn(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'revision' in value
    ? value.revision
    : undefined;
}
