/** The progress of a command through a set, on standard error. */
import { count, duration, percent } from '../format.js';
import { eraseLine } from './terminal.js';

/** The time between two lines where no terminal shows one that changes. */
const betweenLinesMs = 30_000;

/** The part of standard error that a status is written to. */
export interface StatusOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line that changes on a terminal; elsewhere, a line every half a minute. */
export class StatusLine {
  private first: { readonly done: number; readonly ms: number } | undefined;
  private lastDone = 0;
  private lastLineMs = performance.now();

  /** @param verb what is done to images, `computed` */
  constructor(
    private readonly verb: string,
    private readonly output: StatusOutput = process.stderr,
  ) {}

  /** Shows the progress; fewer than before begin a new set. */
  show(done: number, total: number): void {
    const ms = performance.now();
    if (!this.first || done < this.lastDone) this.first = { done, ms };
    this.lastDone = done;
    const { isTTY = false, columns = 80 } = this.output;
    if (isTTY) this.output.write(eraseLine + this.text(done, total, ms).slice(0, columns - 1));
    else if (ms - this.lastLineMs >= betweenLinesMs) {
      this.lastLineMs = ms;
      this.output.write(`${this.text(done, total, ms)}\n`);
    }
  }

  /** Ends what was shown; what comes then is another set. */
  clear(): void {
    if (this.first && this.output.isTTY) this.output.write(eraseLine);
    this.first = undefined;
    this.lastDone = 0;
    this.lastLineMs = performance.now();
  }

  private text(done: number, total: number, ms: number): string {
    const { done: from, ms: fromMs } = this.first ?? { done, ms };
    const left = done > from ? ((ms - fromMs) / (done - from)) * (total - done) : Number.NaN;
    const parts = [`${percent(done / total)}`, `${count(done)} of ${count(total)} ${this.verb}`];
    return [`${duration(left / 1000)} left`, ...parts].join('  ');
  }
}
