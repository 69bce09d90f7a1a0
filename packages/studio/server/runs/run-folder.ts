/** All runs in a folder and below it. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { findRuns, heldLocks, isRun } from 'um-mae/runs';
import { at } from '../../shared/at.js';
import type { ListedRun, RunOrigin, RunSummary } from '../../shared/protocol/runs.js';
import { NotFoundError } from '../errors.js';
import { GalleryThread } from '../features/gallery-thread.js';
import type { ShownFolder } from '../files/inside.js';
import { SeriesThread } from '../metrics/series-thread.js';
import { ReadingThread } from './reading-thread.js';
import { listedValues } from './recipe-values.js';
import { Run } from './run.js';
import { originIn } from './run-origins.js';

/** The time between two searches, however many pages are open. */
const freshMs = 2000;
/** The longest time that the list waits for a run; others are shown without it. */
const patienceMs = 4000;

export class RunFolder {
  private runs = new Map<string, Run>();
  private refreshedMs = Number.NEGATIVE_INFINITY;

  /** The threads that read files of runs. */
  readonly reading = new ReadingThread();
  readonly numbers: SeriesThread;
  readonly galleries: GalleryThread;

  constructor(readonly shown: ShownFolder) {
    this.numbers = new SeriesThread(shown.path);
    this.galleries = new GalleryThread(shown.path);
  }

  /** Searches for runs that have come or gone, unless that has just been done. */
  async refresh(): Promise<void> {
    if (performance.now() - this.refreshedMs < freshMs) return;
    this.refreshedMs = performance.now();
    const paths = await findRuns(this.shown.path);
    const runs = paths.map((path): [string, Run] => {
      const id = idOf(path);
      return [id, this.runs.get(id) ?? this.newRun(path, id)];
    });
    this.runs = new Map(runs);
  }

  get all(): readonly Run[] {
    return [...this.runs.values()];
  }

  async summaries(): Promise<RunSummary[]> {
    const locks = await heldLocks();
    const summaries = await inTime(this.all.map((run) => [run, run.summary(locks)]));
    return summaries.map(
      ([run, summary]) =>
        summary ?? run.unreadable('Its files take long; they are still being read.', 0),
    );
  }

  /** All runs, with what they have in the light of the others. */
  async list(): Promise<ListedRun[]> {
    const summaries = await this.summaries();
    const read = await inTime(this.all.map((run) => [run, run.recipe().catch(() => undefined)]));
    const recipes = read.map(([, recipe]) => recipe);
    const values = listedValues(recipes);
    const origins = await Promise.all(recipes.map((recipe) => this.originOf(recipe?.from ?? null)));
    return summaries.map((summary, i) => ({
      ...summary,
      values: at(values, i),
      origin: origins[i] ?? null,
    }));
  }

  /** @param from the initial weights, as a recipe names them */
  async originOf(from: string | null): Promise<RunOrigin | null> {
    if (from === null) return null;
    const run = await originIn(from, this.shown.path, this.all);
    return { from, run: run ? { id: run.id, name: run.name } : null };
  }

  /** @throws NotFoundError when there is no such run, or it has been deleted */
  async find(id: string): Promise<Run> {
    const run = this.runs.get(id);
    if (run && (await isRun(join(this.shown.path, run.path)))) return run;
    throw new NotFoundError(
      `Found no run${run ? ` \`${run.name}\`` : ''}; it may have been moved or deleted.`,
    );
  }

  /** Ends the threads that read. */
  async close(): Promise<void> {
    await Promise.all([this.reading, this.numbers, this.galleries].map((one) => one.close()));
  }

  private newRun(path: string, id: string): Run {
    const name = path === '.' ? basename(this.shown.path) : path;
    return new Run(this.shown, { path, id, name }, this.reading);
  }
}

/** Waits for what is read of runs; what takes too long is undefined. */
async function inTime<Value>(
  reading: readonly (readonly [Run, Promise<Value>])[],
): Promise<(readonly [Run, Value | undefined])[]> {
  const waiting = new AbortController();
  const late = setTimeout(patienceMs, undefined, { signal: waiting.signal }).catch(() => undefined);
  const values = reading.map(
    async ([run, value]) => [run, await Promise.race([value, late])] as const,
  );
  return Promise.all(values).finally(() => waiting.abort());
}

/** Names a run without telling its path, and the same one tomorrow. */
function idOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16);
}
