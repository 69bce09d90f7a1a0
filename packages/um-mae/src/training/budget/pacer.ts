/**
 * Decides how many steps a run with a budget of time has, so that it ends then: by the steps and
 * looks that it has just timed, whatever the machine does meanwhile.
 */
import type { Plan } from '../../recipes/schedule/plan.js';
import type { TrainingRecipe } from '../../recipes/training-recipe.js';

/** Aims a little early: a process takes a moment to end, and late is worse than early. */
const aim = 0.99;
/** A forecast that is wrong by less changes nothing: shares of the budget, and of what is left. */
const tolerance = { ofBudget: 0.005, ofRest: 0.03 };
/** The time that a pace is measured over, which should be longer the further it is to tell. */
const window = { ofBudget: 0.02, ofRest: 0.15 };
/** The time between two changes. */
const between = { ofBudget: 0.01, ofRest: 0.05 };
/** Threads start in the first steps of a process, which are forgotten when there are others. */
const unusualSteps = 2;
/** Steps after which the pace is known, or the share of the budget where they are very long. */
const fewestSteps = 5;
const known = 0.05;

/** The parts of a run's progress that its pace is measured by. */
export interface PacedProgress {
  readonly plan: Pick<Plan, 'steps' | 'stepsPerEpoch'>;
  /** Optimizer steps and epochs done. */
  readonly step: number;
  readonly epoch: number;
  /** Seconds of the run so far, over all resumptions. */
  readonly elapsedSeconds: number;
}

export interface PacerOptions {
  /** The time that the run has in all. */
  readonly seconds: number;
  /** Epochs between two looks of the longest kind, such as evaluations. */
  readonly looksEvery: number;
  /** The seconds of the longest look, where they have been measured before the first one is over. */
  readonly lookSeconds?: number | undefined;
}

/** A guess at the seconds of the last look where nothing is known. */
const usualLookSeconds = 1;

/** The pacer of a run whose recipe has a budget. */
export function pacerOf(
  { budget }: Pick<TrainingRecipe, 'budget'>,
  looks: Omit<PacerOptions, 'seconds'>,
): Pacer | undefined {
  return budget && new Pacer({ seconds: budget.seconds, ...looks });
}

export class Pacer {
  /** Time and number of the last steps, of which earlier ones count less and less. */
  private stepSum = 0;
  private stepCount = 0;
  private timed = 0;
  /** The times of the last looks; as many as there are from one of the longest kind to the next. */
  private looks: number[] = [];
  private last: PacedProgress | undefined;
  private startSeconds: number | undefined;
  /** The time of the last change, or of the beginning. */
  private changedSeconds: number | undefined;

  constructor(private readonly options: PacerOptions) {}

  /**
   * Called before every step.
   *
   * @returns the length of the run in steps, at least one more than are done: that of its plan,
   *   unless another one is needed to end on time
   */
  steps({ plan, step, epoch, elapsedSeconds }: PacedProgress): number {
    this.time({ plan, step, epoch, elapsedSeconds });
    this.startSeconds ??= elapsedSeconds;
    this.changedSeconds ??= elapsedSeconds;
    const left = aim * this.options.seconds - elapsedSeconds;
    const isLong = elapsedSeconds - this.startSeconds >= known * this.options.seconds;
    const isKnown = this.timed >= fewestSteps || (isLong && this.timed > 0);
    const isSoon = left > 0 && elapsedSeconds - this.changedSeconds < this.share(between, left);
    if (!isKnown || isSoon) return plan.steps;
    const forecast = this.secondsOf(plan.steps - step, { plan, step });
    if (Math.abs(forecast - left) <= this.share(tolerance, left)) return plan.steps;
    const steps = step + this.stepsWithin(left, { plan, step });
    if (steps !== plan.steps) this.changedSeconds = elapsedSeconds;
    return steps;
  }

  /** The larger of two shares: of the budget, and of what is left of it. */
  private share({ ofBudget, ofRest }: typeof window, left: number): number {
    return Math.max(ofBudget * this.options.seconds, ofRest * left);
  }

  /** Times what has been done since the call before: a step, and a look where an epoch has ended. */
  private time(progress: PacedProgress): void {
    const { last } = this;
    this.last = { ...progress };
    if (!last || progress.step <= last.step) return;
    const took = progress.elapsedSeconds - last.elapsedSeconds;
    this.timed++;
    if (progress.epoch > last.epoch) {
      this.looks.push(Math.max(0, took - this.stepSeconds));
      if (this.looks.length > this.options.looksEvery) this.looks.shift();
      return;
    }
    if (this.timed === unusualSteps + 1) [this.stepSum, this.stepCount] = [0, 0];
    const left = this.options.seconds - progress.elapsedSeconds;
    const kept = Math.exp(-took / this.share(window, left));
    this.stepSum = this.stepSum * kept + took;
    this.stepCount = this.stepCount * kept + 1;
  }

  /** Nothing where every step ends an epoch: then looks are timed with their steps. */
  private get stepSeconds(): number {
    return this.stepCount === 0 ? 0 : this.stepSum / this.stepCount;
  }

  /** The time of so many more steps, the last of which a look of the longest kind follows. */
  private secondsOf(steps: number, { plan, step }: Pick<PacedProgress, 'plan' | 'step'>): number {
    const { looksEvery, lookSeconds } = this.options;
    const isWhole = this.looks.length === looksEvery;
    const known = isWhole ? 0 : (lookSeconds ?? usualLookSeconds);
    const longest = Math.max(known, ...this.looks);
    const guess = lookSeconds === undefined ? 0 : longest / looksEvery;
    const mean = isWhole ? this.looks.reduce((sum, look) => sum + look, 0) / looksEvery : guess;
    const epochs = (count: number) => Math.floor(count / plan.stepsPerEpoch);
    const looks = epochs(step + steps - 1) - epochs(step);
    return steps * this.stepSeconds + looks * mean + longest;
  }

  /** The most steps that fit, at least one. */
  private stepsWithin(seconds: number, place: Pick<PacedProgress, 'plan' | 'step'>): number {
    let [fits, fails] = [1, 2];
    while (this.secondsOf(fails, place) <= seconds) [fits, fails] = [fails, 2 * fails];
    while (fails - fits > 1) {
      const middle = Math.floor((fits + fails) / 2);
      if (this.secondsOf(middle, place) <= seconds) fits = middle;
      else fails = middle;
    }
    return fits;
  }
}
