/** The log of a run: one file of lines for each kind of event, and the same for TensorBoard. */
import { CheckpointError } from '../../errors.js';
import { withFileErrors } from '../../files/file-errors.js';
import type { PrimaryScore } from '../../recipes/recipe-kind.js';
import { type Line, LineLog } from '../run-files/metrics/line-log.js';
import type {
  Metrics,
  MetricsLine,
  ScoresLine,
  SkippedLine,
} from '../run-files/metrics/metrics-line.js';
import type { RunDirectory } from '../run-files/run-directory.js';
import type { EventValue } from '../tensorboard/event.js';
import { EventLog } from '../tensorboard/event-log.js';
import { hyperparametersOf } from '../tensorboard/hparams.js';

interface RunLogFiles {
  /** The run directory. */
  readonly path: string;
  readonly metrics: LineLog<MetricsLine>;
  readonly skipped: LineLog<SkippedLine>;
  readonly events: EventLog;
}

/** The place at which a log goes on. */
interface LogPlace {
  /** Optimizer steps done. */
  readonly step: number;
  /** Whether what follows the last epoch is still to be done. */
  readonly isLookDue: boolean;
}

export class RunLog {
  private constructor(
    private readonly files: RunLogFiles,
    /** Every image that was left out, by its path. */
    readonly skipped: Map<string, SkippedLine>,
    /** The line of the last epoch; undefined before the end of the first. */
    public lastEpoch: Metrics | undefined,
    /** The best evaluation, the first one of several; null before any. */
    public best: ScoresLine | null,
    private readonly primary: PrimaryScore | null,
  ) {}

  /**
   * Goes on after `step`: what was written of later ones is dropped, and so are the scores that
   * will be found again.
   *
   * @param primary the score by which evaluations are compared
   * @throws CheckpointError when a file is damaged, or nothing can be written
   */
  static async open(
    directory: RunDirectory,
    { step, isLookDue }: LogPlace,
    primary: PrimaryScore | null,
  ): Promise<RunLog> {
    const { path } = directory;
    const isOlder = (line: Line) => line.step <= step;
    const metrics = await LineLog.open<MetricsLine>(
      directory.metrics,
      (line) => isOlder(line) && !(isLookDue && line.step === step && isOfLook(line)),
    );
    const skipped = await LineLog.open<SkippedLine>(directory.skipped, isOlder);
    const events = await withFileErrors({ verb: 'write', path, as: CheckpointError }, () =>
      EventLog.open(path, step),
    );
    return new RunLog(
      { path, metrics: metrics.log, skipped: skipped.log, events },
      new Map(skipped.earlier.map((line) => [line.path, line])),
      metrics.earlier.findLast((line): line is Metrics => line.kind === 'epoch'),
      metrics.earlier.reduce<ScoresLine | null>(
        (best, line) => betterOf(best, line, primary),
        null,
      ),
      primary,
    );
  }

  async add(line: MetricsLine): Promise<void> {
    if (line.kind === 'epoch') this.lastEpoch = line;
    this.best = betterOf(this.best, line, this.primary);
    await this.files.metrics.append(line);
    const { kind, step, ...numbers } = line;
    await this.addEvent(step, numbersIn(numbers, kind));
  }

  /** Adds a picture, which is a file of its own elsewhere, for TensorBoard. */
  async addPicture(step: number, tag: string, png: Uint8Array): Promise<void> {
    await this.addEvent(step, [{ tag, image: png }]);
  }

  /** Tells TensorBoard by which values the run is compared with others. */
  async startSession(step: number, recipe: object): Promise<void> {
    const values = hyperparametersOf(recipe);
    const time = Date.now() / 1000;
    await this.addEvent(step, [{ session: { kind: 'session-start', values, time } }]);
  }

  /** Tells TensorBoard that the run is finished. */
  async endSession(step: number): Promise<void> {
    await this.addEvent(step, [{ session: { kind: 'session-end', time: Date.now() / 1000 } }]);
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

/** Whether a line is of what follows an epoch. */
function isOfLook({ kind }: MetricsLine): boolean {
  return kind === 'evaluation' || kind === 'watch';
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
