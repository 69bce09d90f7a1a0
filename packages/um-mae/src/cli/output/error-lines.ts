/** Standard error of several processes as one: each sentence once, and of a loss its cause. */
import { complain } from './terminal/terminal.js';

/** Says that another process has ended, which is shown if nothing says why. */
const loss = /^um-mae: Expected an answer of .* ha(s|ve) ended\.$/;

/** Lines of other processes wait for the first to say the same. */
const waitMs = 500;

/** A line that the first process may say, too. */
interface WaitingLine {
  /** The processes that have said it, in their order. */
  readonly ranks: number[];
  readonly timer: NodeJS.Timeout;
}

export class ErrorLines {
  private readonly shown = new Set<string>();
  private readonly waiting = new Map<string, WaitingLine>();
  private readonly losses: string[] = [];
  private cause: number | undefined;

  /** Whether there was anything to show. */
  get hasShown(): boolean {
    return this.shown.size > 0;
  }

  /** Shows a line of a process at once, later, or not at all. */
  add(rank: number, line: string): void {
    const isOfCause = this.cause === undefined || this.cause === rank;
    // The first process says what it has heard of the others.
    if (!isOfCause && (rank > 0 || loss.test(line))) return;
    if (loss.test(line)) this.losses.push(line);
    else if (rank === 0) this.show(rank, line);
    else if (!this.shown.has(line)) this.wait(rank, line);
  }

  /** Only what this process has said counts from now on: the others end because of it. */
  endBecauseOf(rank: number): void {
    for (const [line, waiting] of this.waiting) {
      if (waiting.ranks.includes(rank)) this.show(rank, line);
      else this.forget(line);
    }
    this.losses.length = 0;
    this.cause = rank;
  }

  /** Shows what still waits. */
  end(): void {
    for (const [line, { ranks }] of this.waiting) this.show(Math.min(...ranks), line);
    const [first] = this.losses;
    if (first !== undefined) this.show(0, first);
  }

  private wait(rank: number, line: string): void {
    const waiting = this.waiting.get(line);
    if (waiting) {
      waiting.ranks.push(rank);
      return;
    }
    const timer = setTimeout(() => this.show(rank, line), waitMs);
    this.waiting.set(line, { ranks: [rank], timer });
  }

  private show(rank: number, line: string): void {
    this.forget(line);
    if (rank > 0 && this.shown.has(line)) return;
    this.shown.add(line);
    complain(rank === 0 ? line : `[${rank}] ${line}`);
  }

  private forget(line: string): void {
    clearTimeout(this.waiting.get(line)?.timer);
    this.waiting.delete(line);
  }
}
