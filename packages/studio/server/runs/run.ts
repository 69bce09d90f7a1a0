/**
 * One run directory, as the page shows it. What has been read is kept until its file
 * changes.
 */
import { type FileHandle, lstat, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  isSavedBy,
  type KeptResults,
  lockName,
  type MetricsEnd,
  parseFailure,
  parseJson,
  parseProbe,
  plannedSteps,
  RunDirectory,
  type RunFailure,
  runLayout,
  stateOf,
  UmMaeError,
} from 'um-mae/runs';
import { at } from '../../shared/at.js';
import type { FeatureFile } from '../../shared/protocol/features.js';
import type { EpochPicture, ShownProcesses } from '../../shared/protocol/run-details.js';
import type { RunNotes, RunSummary } from '../../shared/protocol/runs.js';
import type { ShownFolder } from '../files/inside.js';
import { readSmall, readTail } from '../files/read.js';
import type { ReadRecipe } from './describe-recipe.js';
import { machinesIn } from './machines.js';
import type { ReadingThread } from './reading-thread.js';
import { readNotes } from './run-notes.js';

const mostText = 2 ** 20;
/** Values of `environment.json`; a run has some fifty. */
const mostFacts = 10_000;
/** Lines of an hour of quick training; the newest of every kind is among them. */
const endBytes = 2 ** 16;

/** Names of held locks, as `heldLocks` gives them. */
type Locks = ReadonlySet<string> | undefined;

/** A file that was read, or could not be, and of which version it is. */
interface CachedFile<Value> {
  readonly version: string;
  readonly value: Promise<Value>;
}

type RunIdentity = Pick<Run, 'path' | 'id' | 'name'>;

export class Run {
  private readonly kept = new Map<string, CachedFile<unknown>>();
  private readonly names = new RunDirectory('');

  /** The path below the folder, `.` for the folder itself. */
  readonly path: string;
  readonly id: string;
  readonly name: string;

  constructor(
    private readonly folder: ShownFolder,
    { path, id, name }: RunIdentity,
    private readonly reading: ReadingThread,
  ) {
    this.path = path;
    this.id = id;
    this.name = name;
  }

  async summary(locks: Locks): Promise<RunSummary> {
    const updatedMs = await this.updatedMs();
    try {
      await this.checkLayout();
      const [recipe, end] = [await this.recipe(), await this.end()];
      const { step, epoch } = end;
      const steps = plannedSteps(recipe, end);
      const isDone = steps !== null && step >= steps;
      const state = stateOf({
        isLocked: await this.isLocked(locks),
        silentSeconds: (Date.now() - updatedMs) / 1000,
        lineSeconds: end.lineSeconds,
        isDone,
        isSaved: await this.isSaved(end),
        hasFailed: (await this.version(this.names.failure)) !== '',
      });
      const { task, command, model, method, lossKind, digest: recipeDigest } = recipe;
      return {
        id: this.id,
        name: this.name,
        state,
        problem: null,
        task,
        command,
        model,
        method,
        step,
        steps,
        epoch,
        loss: end.loss,
        imagesPerSecond: end.imagesPerSecond,
        secondsLeft: secondsLeft(state, end, steps),
        elapsedSeconds: end.elapsedSeconds,
        score: end.score ?? (await this.probeScore()),
        updatedMs,
        lossKind,
        recipeDigest,
        notes: await this.notes().catch(() => null),
      };
    } catch (error) {
      // Whatever is wrong in one run touches no other.
      return this.unreadable(sentenceOf(error, this.name), updatedMs);
    }
  }

  /** @throws RecipeError or NotFoundError when there is none that can be read */
  recipe(): Promise<ReadRecipe> {
    return this.keep(this.names.recipe, async (parts) => {
      const bytes = await this.folder.withFile(parts, (file) =>
        readSmall(file, { mostBytes: mostText }),
      );
      return this.reading.recipe(bytes.toString('utf8'), join(this.name, this.names.recipe));
    });
  }

  /** Checks the text of `results.json`. @returns it as JSON */
  async checkedResults(task: KeptResults, text: string): Promise<string> {
    const { length: classes } = (await this.recipe()).classes;
    const path = join(this.name, this.names.results);
    return this.reading.results({ task, text, path, classes });
  }

  /** The score that `um-mae probe` has left in the run; null where there is none. */
  private probeScore(): Promise<RunSummary['score']> {
    return this.keep(this.names.probe, async (parts) => {
      try {
        const read = (file: FileHandle) => readSmall(file, { mostBytes: mostText });
        const bytes = await this.folder.withFile(parts, read);
        const found = parseProbe(bytes.toString('utf8'));
        if (!found) return null;
        // Scores on other vectors do not compare: they have another name.
        const { linearProbe: value, features = 'unrecorded features' } = found;
        return { name: `linear probe on ${features}`, value, isShare: true };
      } catch (error) {
        if (error instanceof UmMaeError) return null;
        throw error;
      }
    });
  }

  /** @throws UmMaeError when there is something else in their place */
  notes(): Promise<RunNotes> {
    return this.keep(this.names.notes, (parts) => readNotes(this.folder, parts));
  }

  /** Returns the contents of `environment.json`. They are empty if it is missing or damaged. */
  environment(): Promise<object> {
    return this.keep(this.names.environment, async (parts) => {
      const read = this.folder.withFile(parts, (file) => readSmall(file, { mostBytes: mostText }));
      try {
        const value = parseJson((await read).toString('utf8'), { mostValues: mostFacts });
        return typeof value === 'object' && value !== null ? value : {};
      } catch (error) {
        if (error instanceof UmMaeError || error instanceof SyntaxError) return {};
        throw error;
      }
    });
  }

  /** The processes of the last step. Null where it had one. */
  async processes(): Promise<ShownProcesses | null> {
    const { processes: paces, step } = await this.end();
    if (!paces) return null;
    const machines = machinesIn(await this.environment());
    const processes = paces.imagesPerSecond.map((imagesPerSecond, rank) => ({
      host: machines[rank]?.host ?? null,
      device: machines[rank]?.device ?? null,
      imagesPerSecond,
      dataWaitSeconds: at(paces.dataWaitSeconds, rank),
      exchangeSeconds: at(paces.exchangeSeconds, rank),
    }));
    return { processes, slowest: paces.slowest, step };
  }

  /** Pictures of epochs, in their order. */
  async pictures(): Promise<EpochPicture[]> {
    const names = await this.list(this.names.images);
    const found = names.flatMap((name) => {
      const [, epoch] = /^epoch-(\d+)\.png$/.exec(name) ?? [];
      return epoch === undefined ? [] : [Number(epoch)];
    });
    const pictures = found
      .sort((a, b) => a - b)
      .map(async (epoch) => ({ epoch, version: await this.version(this.names.sheet(epoch)) }));
    return Promise.all(pictures);
  }

  /** Returns the error that ended the run; undefined where it has told none. */
  async failure(): Promise<RunFailure | undefined> {
    const text = await this.textOf(this.names.failure);
    return text === undefined ? undefined : parseFailure(text);
  }

  /** Returns the step of the last checkpoint; null where there is none that can be read. */
  async savedStep(): Promise<number | null> {
    const text = await this.textOf(join(this.names.checkpoints, 'last', 'state.json'));
    try {
      const state = parseJson(text ?? '', { mostValues: mostFacts });
      const isState = typeof state === 'object' && state !== null && 'step' in state;
      return isState && Number.isInteger(state.step) ? Number(state.step) : null;
    } catch {
      return null;
    }
  }

  /** The text of a small file; undefined where there is none that can be read. */
  private async textOf(name: string): Promise<string | undefined> {
    try {
      const bytes = await this.folder.withFile(this.place(name), (file) =>
        readSmall(file, { mostBytes: mostText }),
      );
      return bytes.toString('utf8');
    } catch {
      return undefined;
    }
  }

  /** Lists the files that `um-mae embed` has written. */
  async features(): Promise<FeatureFile[]> {
    const { features } = this.names;
    const names = (await this.list(features)).filter((name) => name.endsWith('.safetensors'));
    return Promise.all(
      names
        .sort()
        .map(async (name) => ({ name, version: await this.version(join(features, name)) })),
    );
  }

  /** Text files that someone has put beside what the run writes. */
  async logs(): Promise<string[]> {
    return (await this.list('.')).filter((name) => /\.(log|txt)$/.test(name)).sort();
  }

  /** Names in a folder of the run; none where there is no such folder. */
  private async list(name: string): Promise<string[]> {
    try {
      return await readdir(await this.folder.resolve(this.path, name));
    } catch {
      return [];
    }
  }

  /** The parts of a path in the run, below the folder that is shown. */
  place(name: string): readonly string[] {
    return [this.path, name];
  }

  /** Changes whenever anything does that the page shows. */
  async revision(locks: Locks): Promise<string> {
    const { recipe, metrics, skipped, images, results, checkpoints, features } = this.names;
    const { notes, failure, probe } = this.names;
    const files = [recipe, metrics, skipped, results, notes, failure, probe];
    const names = [...files, images, checkpoints, features];
    const versions = await Promise.all(names.map((name) => this.version(name)));
    return [await this.isLocked(locks), ...versions].join();
  }

  private end(): Promise<MetricsEnd> {
    return this.keep(this.names.metrics, async (parts) => {
      const isThere = (await this.version(this.names.metrics)) !== '';
      const read = () => this.folder.withFile(parts, (file) => readTail(file, endBytes));
      const { text } = isThere ? await read() : { text: '' };
      return this.reading.end(text, join(this.name, this.names.metrics));
    });
  }

  /** @throws UmMaeError when the run has the layout of a newer version */
  private async checkLayout(): Promise<void> {
    const environment = await this.environment();
    const layout = 'layout' in environment ? environment.layout : 1;
    if (typeof layout === 'number' && layout <= runLayout) return;
    throw new UmMaeError(
      'layout',
      `Expected a run directory of layout ${runLayout} but got ${JSON.stringify(layout)}: it is of a newer version of um-mae.`,
    );
  }

  /** The summary of a run that is not shown, for a reason in a sentence. */
  unreadable(problem: string, updatedMs: number): RunSummary {
    return {
      id: this.id,
      name: this.name,
      state: 'unreadable',
      problem,
      task: null,
      command: null,
      model: '',
      method: '',
      step: 0,
      steps: null,
      epoch: 0,
      loss: null,
      imagesPerSecond: null,
      secondsLeft: null,
      elapsedSeconds: 0,
      score: null,
      updatedMs,
      lossKind: '',
      recipeDigest: '',
      notes: null,
    };
  }

  /** Whether the last checkpoint is of the last line or later. */
  private async isSaved(end: MetricsEnd): Promise<boolean> {
    const link = join(this.folder.path, this.path, this.names.checkpoints, 'last');
    return isSavedBy(await readlink(link).catch(() => ''), end);
  }

  /**
   * Returns the time of the last write to the metrics, or to the recipe before there are metrics.
   */
  private async updatedMs(): Promise<number> {
    for (const name of [this.names.metrics, this.names.recipe]) {
      const found = await lstat(join(this.folder.path, this.path, name)).catch(() => undefined);
      if (found) return found.mtimeMs;
    }
    return 0;
  }

  /** Whether a process holds the lock of the run. Undefined where there are no locks. */
  private async isLocked(locks: Locks): Promise<boolean | undefined> {
    const found = await stat(join(this.folder.path, this.path), { bigint: true }).catch(
      () => undefined,
    );
    return found && locks?.has(lockName(found));
  }

  /** Returns a key that changes with the file. Empty if there is no file. */
  private async version(name: string): Promise<string> {
    const found = await lstat(join(this.folder.path, this.path, name)).catch(() => undefined);
    return found ? `${found.ino}-${found.size}-${found.mtimeMs}` : '';
  }

  private async keep<Value>(
    name: string,
    read: (parts: readonly string[]) => Promise<Value>,
  ): Promise<Value> {
    const version = await this.version(name);
    const known = this.kept.get(name);
    if (known?.version === version) return known.value as Promise<Value>;
    const value = read(this.place(name));
    this.kept.set(name, { version, value });
    return value;
  }
}

/** The reason why a run cannot be shown. */
function sentenceOf(error: unknown, name: string): string {
  if (error instanceof UmMaeError) return error.message;
  const reason = error instanceof Error ? error.message : String(error);
  return `Expected a run in ${name} but reading it failed: ${reason}.`;
}

function secondsLeft(
  state: RunSummary['state'],
  { step, stepSeconds }: MetricsEnd,
  steps: number | null,
): number | null {
  if (state !== 'running' || steps === null || stepSeconds === undefined) return null;
  return Math.max(0, steps - step) * stepSeconds;
}
