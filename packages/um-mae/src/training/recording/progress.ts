/** The progress of a run through its plan. */
import { type SkippedImage, UnreadableBudget } from '../../data/loading/unreadable.js';
import { type Plan, revise } from '../../recipes/schedule/plan.js';
import type { ImageSet, TrainingState } from '../run-files/checkpoints/training-state.js';
import type { Rest } from './forecast.js';

/** The part of the training state that the trainer keeps itself. */
type TrainerState = Pick<TrainingState, 'masks' | 'scaler'>;

export class Progress {
  /** Optimizer steps done. */
  step: number;
  /** Epochs done. */
  epoch: number;
  /** Batches of the epoch under way that have been trained on. */
  batch: number;
  /** Whether what follows the last epoch, such as its evaluation, is still to be done. */
  isLookDue: boolean;

  private readonly earlierSeconds: number;
  private losses: TrainingState['losses'];
  private budget: UnreadableBudget;

  /**
   * @param startMs by `performance.now()`: what comes from then on is time of the run
   */
  constructor(
    private current: Plan,
    private readonly images: ImageSet,
    earlier: TrainingState | undefined,
    private readonly startMs = performance.now(),
  ) {
    this.step = earlier?.step ?? 0;
    this.epoch = earlier?.epoch ?? 0;
    this.batch = earlier?.batch ?? 0;
    this.isLookDue = earlier?.isLookDue ?? false;
    this.earlierSeconds = earlier?.elapsedSeconds ?? 0;
    this.losses = earlier?.losses ?? { sum: 0, batches: 0 };
    this.budget = this.newBudget();
    this.budget.add(earlier?.skipped ?? []);
  }

  /** Images in the set. */
  get imageCount(): number {
    return this.images.count;
  }

  get plan(): Plan {
    return this.current;
  }

  /** Changes the length of the run, of which the steps that are done remain. */
  revise(steps: number): void {
    const { step } = this;
    this.current = revise(this.current, { step, steps, images: this.images.count });
  }

  get isFinished(): boolean {
    return this.step >= this.plan.steps;
  }

  /** Whether all is done, the work after the last epoch too, which a signal may break off. */
  get isComplete(): boolean {
    return this.isFinished && !this.isLookDue;
  }

  /** Whether no step is left in the epoch under way; the last batches may not fill one. */
  get isEpochOver(): boolean {
    return this.batch >= this.plan.stepsPerEpoch * this.plan.recipe.accumulation;
  }

  /** Whether `metrics.jsonl` gets a line on a step. */
  isLogged(step: number): boolean {
    const { logSteps, steps } = this.plan;
    return step === 1 || step % logSteps === 0 || step === steps;
  }

  /** Epochs done with a fraction, as the learning rate counts them. */
  get fractionalEpoch(): number {
    return this.epoch + this.batch / this.plan.batchesPerEpoch;
  }

  /** Epochs done with a fraction, in optimizer steps. */
  get epochsDone(): number {
    return this.step / this.plan.stepsPerEpoch;
  }

  /** Mean loss of the epoch under way. */
  get epochLoss(): number {
    return this.losses.sum / this.losses.batches;
  }

  /** Seconds of training so far, over all resumptions. */
  get elapsedSeconds(): number {
    return this.earlierSeconds + (performance.now() - this.startMs) / 1000;
  }

  /** Steps, and ends of epochs, that are still to come. */
  get rest(): Rest {
    const { steps, stepsPerEpoch } = this.plan;
    const looks = Math.ceil(steps / stepsPerEpoch) - Math.floor(this.epochsDone);
    return { steps: steps - this.step, looks };
  }

  /** @throws DataError when too many images of the epoch were unreadable */
  skip(skipped: readonly SkippedImage[]): void {
    this.budget.add(skipped);
  }

  addLoss(loss: number): void {
    const { sum, batches } = this.losses;
    this.losses = { sum: sum + loss, batches: batches + 1 };
  }

  startEpoch(): void {
    this.epoch += 1;
    this.batch = 0;
    this.isLookDue = true;
    this.losses = { sum: 0, batches: 0 };
    this.budget = this.newBudget();
  }

  state(trainer: TrainerState): TrainingState {
    const { step, epoch, batch, isLookDue, losses, images, elapsedSeconds } = this;
    const { skipped } = this.budget;
    const place = { step, epoch, batch, isLookDue } as const;
    return { version: 1, ...place, elapsedSeconds, losses, skipped, images, ...trainer };
  }

  private newBudget(): UnreadableBudget {
    return new UnreadableBudget(this.images.count, this.plan.recipe.data.maxUnreadable);
  }
}
