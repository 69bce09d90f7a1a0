/** The log of a run: one file of lines for each kind of event, and the same for TensorBoard. */
import { CheckpointError } from '../../errors.js';
import { withFileErrors } from '../../file-errors.js';
import type { PrimaryScore } from '../../recipes/recipe-kind.js';
import { LineLog } from '../run-files/line-log.js';
import type { MetricsLine, ScoresLine, SkippedLine } from '../run-files/metrics-line.js';
import type { RunDirectory } from '../run-files/run-directory.js';
import type { EventValue } from '../tensorboard/event.js';
import { EventLog } from '../tensorboard/event-log.js';

interface RunLogFiles {
  /** The run directory. */
  readonly path: string;
  readonly metrics: LineLog<MetricsLine>;
  readonly skipped: LineLog<SkippedLine>;
  readonly events: EventLog;
}

export class RunLog {
  private constructor(
    private readonly files: RunLogFiles,
    /** Every image that was left out, by its path. */
    readonly skipped: Map<string, SkippedLine>,
    /** Mean loss of the last epoch; null before the end of the first. */
    public lastLoss: number | null,
    /** The best evaluation, the first one of several; null before any. */
    public best: ScoresLine | null,
    private readonly primary: PrimaryScore | null,
  ) {}

  /**
   * Goes on after `step`: what was written of later ones is dropped.
   *
   * @param primary the score by which evaluations are compared
   * @throws CheckpointError when a file is damaged, or nothing can be written
   */
  static async open(
    directory: RunDirectory,
    step: number,
    primary: PrimaryScore | null,
  ): Promise<RunLog> {
    const { path } = directory;
    const metrics = await LineLog.open<MetricsLine>(directory.metrics, step);
    const skipped = await LineLog.open<SkippedLine>(directory.skipped, step);
    const events = await withFileErrors({ verb: 'write', path, as: CheckpointError }, () =>
      EventLog.open(path, step),
    );
    return new RunLog(
      { path, metrics: metrics.log, skipped: skipped.log, events },
      new Map(skipped.earlier.map((line) => [line.path, line])),
      lastEpochLoss(metrics.earlier),
      metrics.earlier.reduce<ScoresLine | null>(
        (best, line) => betterOf(best, line, primary),
        null,
      ),
      primary,
    );
  }

  async add(line: MetricsLine): Promise<void> {
    if (line.kind === 'epoch') this.lastLoss = line.loss;
    this.best = betterOf(this.best, line, this.primary);
    await this.files.metrics.append(line);
    const { kind, step, ...numbers } = line;
    await this.addEvent(step, numbersIn(numbers, kind));
  }

  /** Adds a picture, which is a file of its own elsewhere, for TensorBoard. */
  async addPicture(step: number, tag: string, png: Uint8Array): Promise<void> {
    await this.addEvent(step, [{ tag, image: png }]);
  }

  /** An image is listed once, however often it is left out. */
  async addSkipped(line: SkippedLine): Promise<void> {
    if (this.skipped.has(line.path)) return;
    this.skipped.set(line.path, line);
    await this.files.skipped.append(line);
  }

  /** Returns once everything that a resumed run relies on is on the disk. */
  async flush(): Promise<void> {
    await this.files.metrics.flush();
    await this.files.skipped.flush();
  }

  async close(): Promise<void> {
    const { metrics, skipped, events } = this.files;
    await Promise.all([metrics.close(), skipped.close(), events.close()]);
  }

  private addEvent(step: number, summaries: readonly EventValue[]): Promise<void> {
    const { path, events } = this.files;
    return withFileErrors({ verb: 'write', path, as: CheckpointError }, () =>
      events.write(step, summaries),
    );
  }
}

/** Lists all numbers of a group, each tagged by its path. */
function numbersIn(group: object, path: string): EventValue[] {
  return Object.entries(group).flatMap(([name, value]: [string, unknown]) => {
    const tag = `${path}/${name}`;
    if (typeof value === 'object' && value !== null) return numbersIn(value, tag);
    return typeof value === 'number' ? [{ tag, value }] : [];
  });
}

function lastEpochLoss(lines: readonly MetricsLine[]): number | null {
  return lines.flatMap((line) => (line.kind === 'epoch' ? [line.loss] : [])).at(-1) ?? null;
}

/** The better evaluation, the first one of several that are as good. */
export function betterOf(
  best: ScoresLine | null,
  line: MetricsLine,
  primary: PrimaryScore | null,
): ScoresLine | null {
  if (line.kind !== 'evaluation' || !primary) return best;
  if (!best) return line;
  const gain = Number(line[primary.name]) - Number(best[primary.name]);
  return (primary.isBetter === 'higher' ? gain > 0 : gain < 0) ? line : best;
}
