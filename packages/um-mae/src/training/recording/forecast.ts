/** Estimates how long the rest of a run takes, by the steps and looks that this process has timed. */

/** Threads start and libraries choose their algorithms in these steps, which say little of others. */
const unusualSteps = 4;

/** Steps of this process after which an estimate is worth a sentence. */
const telling = 10;

/** Parts of a run that are still to be done. */
export interface Rest {
  readonly steps: number;
  /** Evaluations, sheets and what else follows an epoch. */
  readonly looks: number;
}

export class Forecast {
  private steps = 0;
  /** The steps that are counted, and the time that all of them took. */
  private counted = 0;
  private countedMs = 0;
  private looks = 0;
  private looksMs = 0;
  private lastMs = performance.now();

  /** Times a step, which has just ended. The first one is passed over, and later its neighbours. */
  addStep(): void {
    const tookMs = performance.now() - this.lastMs;
    this.lastMs += tookMs;
    this.steps++;
    if (this.steps === 1) return;
    if (this.steps === unusualSteps + 1) {
      this.counted = 0;
      this.countedMs = 0;
    }
    this.counted++;
    this.countedMs += tookMs;
  }

  /** Times a look, which has just ended. */
  addLook(): void {
    const tookMs = performance.now() - this.lastMs;
    this.lastMs += tookMs;
    this.looks++;
    this.looksMs += tookMs;
  }

  /** Whether enough steps have just been timed to say for the first time how long the run takes. */
  get isTelling(): boolean {
    return this.steps === telling;
  }

  /** Null before the second step. Looks count nothing until one has been timed. */
  secondsLeft({ steps, looks }: Rest): number | null {
    if (this.counted === 0) return null;
    const lookMs = this.looks === 0 ? 0 : this.looksMs / this.looks;
    return ((this.countedMs / this.counted) * steps + lookMs * looks) / 1000;
  }
}
