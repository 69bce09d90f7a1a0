/** Lists the runs in a folder: how each stands, and the room that it takes. */
import { existsSync } from 'node:fs';
import { lstat, open, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError, UmMaeError } from '../errors.js';
import { defaultCache } from '../features/cache/cache-place.js';
import { withFileErrors } from '../files/file-errors.js';
import { mostOfRecord, wholeText } from '../files/whole-file.js';
import { kindOf } from '../recipes/kind.js';
import { readRecipeFile } from '../recipes/recipe-file.js';
import { parseFailure, type RunFailure } from '../training/run-files/failure.js';
import { findRuns } from '../training/run-files/find-runs.js';
import {
  type MetricsEnd,
  plannedSteps,
  readEnd,
} from '../training/run-files/metrics/metrics-end.js';
import { RunDirectory } from '../training/run-files/run-directory.js';
import { heldLocks, lockName } from '../training/run-files/run-lock.js';
import { isSavedBy, type RunState, stateOf } from '../training/run-files/run-state.js';

/** A run in one line. */
export interface RunEntry {
  readonly path: string;
  /** `unreadable` where `problem` says why. */
  readonly state: RunState | 'unreadable';
  readonly problem: string | null;
  /** The error that ended it; null where it has told none. */
  readonly reason: string | null;
  readonly task: string | null;
  /** The command that trains it. */
  readonly command: string | null;
  readonly step: number;
  /** Planned; null before the first line of metrics. */
  readonly steps: number | null;
  readonly loss: number | null;
  readonly score: MetricsEnd['score'];
  /** The duration of training. */
  readonly elapsedSeconds: number;
  /** The room on the disk, with that of the features that probes have kept beside the run. */
  readonly bytes: number;
  /** The time of the last line of metrics, as ISO 8601 writes it. */
  readonly updated: string;
}

/** Lines of an hour of quick training; the newest of every kind is among them. */
const endBytes = 2 ** 16;

/**
 * Lists the runs in a folder and below it, by their paths.
 *
 * @throws CheckpointError when the folder cannot be read
 */
export async function listRuns(folder: string): Promise<RunEntry[]> {
  await withFileErrors({ verb: 'read', path: folder, as: CheckpointError }, () => readdir(folder));
  const locks = await heldLocks();
  const entries: RunEntry[] = [];
  for (const path of await findRuns(folder)) entries.push(await entryOf(join(folder, path), locks));
  return entries;
}

/** @param locks the names of the locks that are held; undefined where there are none */
export async function entryOf(
  path: string,
  locks: ReadonlySet<string> | undefined,
): Promise<RunEntry> {
  const directory = new RunDirectory(path);
  const updatedMs = await writtenMs(directory);
  const bytes = await bytesOfRun(path);
  const failure = failureIn(directory);
  const end = readEnd(await endOf(directory.metrics));
  const { step, loss, score, elapsedSeconds } = end;
  const reason = failure?.reason ?? null;
  const updated = new Date(updatedMs).toISOString();
  const common = { path, reason, step, loss, score, elapsedSeconds, bytes, updated };
  try {
    const { task, command, steps } = await planned(directory, end);
    const target = await readlink(join(directory.checkpoints, 'last')).catch(() => '');
    const state = stateOf({
      isLocked: locks?.has(lockName(await stat(path, { bigint: true }))),
      silentSeconds: (Date.now() - updatedMs) / 1000,
      lineSeconds: end.lineSeconds,
      isDone: steps !== null && step >= steps,
      isSaved: isSavedBy(target, end),
      hasFailed: failure !== undefined,
    });
    return { ...common, state, problem: null, task, command, steps };
  } catch (error) {
    if (!(error instanceof UmMaeError)) throw error;
    const unknown = { task: null, command: null, steps: null };
    return { ...common, ...unknown, state: 'unreadable', problem: error.message };
  }
}

async function planned(directory: RunDirectory, end: MetricsEnd) {
  const written = await readRecipeFile(directory.recipe);
  const { task, command, parse } = kindOf(written);
  const { duration, batchSize, accumulation } = parse(written);
  const steps = plannedSteps({ duration, imagesPerStep: batchSize * accumulation }, end);
  return { task, command, steps };
}

function failureIn({ failure: path }: RunDirectory): RunFailure | undefined {
  if (!existsSync(path)) return undefined;
  return parseFailure(wholeText(path, { as: CheckpointError, most: mostOfRecord }));
}

async function writtenMs({ metrics, recipe }: RunDirectory): Promise<number> {
  const found = await lstat(metrics).catch(() => lstat(recipe).catch(() => undefined));
  return found?.mtimeMs ?? 0;
}

/** The last whole lines of a file; empty where there is none. */
async function endOf(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const start = Math.max(0, size - endBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), { position: start });
    const text = buffer.toString('utf8', 0, bytesRead);
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } catch {
    return '';
  }
}

/** The bytes of a run, and of the features that probes have kept beside it. */
export async function bytesOfRun(path: string): Promise<number> {
  return (await bytesOf(path)) + (await bytesOf(defaultCache(path)));
}

/** The bytes of a folder with everything in it; links count for themselves. */
export async function bytesOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return 0;
  if (!found.isDirectory()) return found.size;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => bytesOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
