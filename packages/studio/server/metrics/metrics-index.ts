/**
 * The numbers of one `metrics.jsonl`, read as the file grows: every line once, a megabyte at a
 * time.
 */
import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { numberOf, parseLine, processesOf, recipeKinds } from 'um-mae/runs';
import { stepColumns } from '../../shared/protocol/series.js';
import { readPart } from '../files/read.js';
import { Columns } from './columns.js';
import { extremeOf } from './processes.js';

const chunkBytes = 2 ** 20;
/** No line of ours comes near it; a file without line breaks is not kept in memory. */
const longestLine = 2 ** 16;

/** The extent of a file, without the line and the megabyte that go beyond it. */
export type Most = Readonly<Record<'lines' | 'bytes', number>>;

/** Twenty times as many lines as runs have that are called long. */
const mostOfRun: Most = { lines: 2 ** 21, bytes: 2 ** 30 };

/** Columns of every line. */
const places = ['step', 'epoch', 'elapsedSeconds'] as const;
type PlaceColumn = (typeof places)[number];

/** More names than any task has scores: a strange file does not fill the memory. */
const mostScores = 100;
/** Numbers of lines that are no scores. */
const notScores = new Set<string>([
  ...[...places, 'seconds'],
  ...recipeKinds.flatMap(({ scores }) =>
    scores.flatMap(({ name, format }) => (format === 'count' ? [name] : [])),
  ),
]);

export class MetricsIndex {
  /** Columns of `step` lines. */
  steps = new Columns<PlaceColumn | (typeof stepColumns)[number]>([...places, ...stepColumns]);
  /** Columns of all other lines; most of their values are NaN. */
  epochs = new Columns<string>(places);
  lines = 0;
  damaged = 0;
  /** Whether all of the file has been read, as it was at the last look. */
  isComplete = false;
  /** Whether the file is longer than what is read of any. */
  isCut = false;

  private offset = 0;
  private inode: number | undefined;
  private elapsedSeconds = 0;
  private underWay: Promise<void> | undefined;

  /** @param most of a file that is read */
  constructor(private readonly most: Most = mostOfRun) {}

  /** Rows of all columns together. */
  get rows(): number {
    return this.steps.rows + this.epochs.rows;
  }

  /** Reads what has been added. Calls during a call share it. */
  update(withFile: WithFile): Promise<void> {
    this.underWay ??= withFile((file) => this.read(file)).finally(() => {
      this.underWay = undefined;
    });
    return this.underWay;
  }

  /** There is no file, or not yet. */
  settle(): void {
    this.isComplete = true;
  }

  private async read(file: FileHandle): Promise<void> {
    const { ino, size } = await file.stat();
    // A resumed run replaces the file by a shorter one.
    if (ino !== this.inode || size < this.offset) this.restart(ino);
    this.isComplete = false;
    while (!this.isFull()) {
      const chunk = await readPart(file, this.offset, chunkBytes);
      const end = chunk.lastIndexOf('\n') + 1;
      if (end > 0) {
        for (const line of chunk.toString('utf8', 0, end - 1).split('\n')) this.add(line);
        this.offset += end;
      } else if (chunk.length > longestLine) {
        this.damaged += 1;
        this.offset += chunk.length;
      } else break;
      await setImmediate();
    }
    this.isCut = this.isFull() && this.offset < size;
    this.isComplete = true;
  }

  private isFull(): boolean {
    return this.lines + this.damaged >= this.most.lines || this.offset >= this.most.bytes;
  }

  private restart(inode: number): void {
    this.steps = new Columns([...places, ...stepColumns]);
    this.epochs = new Columns<string>(places);
    [this.lines, this.damaged, this.offset, this.elapsedSeconds] = [0, 0, 0, 0];
    this.inode = inode;
  }

  private add(text: string): void {
    const line = text.length > longestLine ? undefined : parseLine(text);
    if (!line) {
      this.damaged += 1;
      return;
    }
    this.lines += 1;
    // Looks and evaluations do not tell the time: it is that of the line before.
    this.elapsedSeconds = numberOf(line, 'elapsedSeconds') ?? this.elapsedSeconds;
    if (line.kind === 'step') {
      const processes = processesOf(line);
      this.steps.add((name) => numberOf(line, name) ?? (processes && extremeOf(processes, name)));
      return;
    }
    const scores = scoresIn(line);
    for (const name of scores.keys()) {
      if (this.epochs.names.length < mostScores) this.epochs.addColumn(name);
    }
    this.epochs.add((name) => {
      if (name === 'elapsedSeconds') return this.elapsedSeconds;
      return name === 'step' || name === 'epoch' ? numberOf(line, name) : scores.get(name);
    });
  }
}

/**
 * Returns the values that become curves over epochs: the loss of an epoch, and every score of other
 * lines.
 */
function scoresIn(line: { readonly kind: string }): Map<string, number> {
  const names = line.kind === 'epoch' ? ['loss'] : Object.keys(line);
  return new Map(
    names.flatMap((name): [string, number][] => {
      const value = notScores.has(name) ? undefined : numberOf(line, name);
      // Two lines have a loss.
      const column = name === 'loss' ? `${line.kind}Loss` : name;
      return value === undefined ? [] : [[column, value]];
    }),
  );
}

/** Opens the file for the time of a call. */
export type WithFile = (body: (file: FileHandle) => Promise<void>) => Promise<void>;
