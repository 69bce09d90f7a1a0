/**
 * The loop of training: epochs and steps, as events. It writes nothing, and knows neither task nor
 * files.
 */
import { ok as assert } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import type { LateNumber } from '@um-mae/torch';
import type { ImageBatch, ImageLoader } from '../data/loading/loader.js';
import type { SkippedImage } from '../data/loading/unreadable.js';
import { UmMaeError } from '../errors.js';
import type { Pacer } from './budget/pacer.js';
import type { Progress } from './recording/progress.js';
import type { Metrics } from './run-files/metrics/metrics-line.js';
import { scheduleOf } from './steps/schedule.js';
import type { Trainer } from './steps/trainer.js';
import { ProcessMeter, pacesIn } from './team/process-meter.js';
import { type CountedLoss, exchangeLosses } from './team/shared-step.js';
import type { SharedBatch, Team } from './team/team.js';

type Batches = AsyncGenerator<ImageBatch, void, undefined>;

export interface LoopParts {
  readonly trainer: Trainer;
  readonly progress: Progress;
  readonly loader: ImageLoader;
  /** Ends the loop after the step under way. */
  readonly signal: AbortSignal;
  /** The processes that train together. Default: this one alone. */
  readonly team?: Team | undefined;
  /** Decides on the length of a run that has a budget of time. Default: it has that of its plan. */
  readonly pacer?: Pacer | undefined;
}

/** The loss and the norms of one optimizer step, or their means over an epoch. */
export type StepResult = Pick<
  Metrics,
  'step' | 'epoch' | 'loss' | 'losses' | 'learningRate' | 'gradientNorm' | 'processes'
>;

/** An event of the loop. The loop goes on when the listener asks for the next event. */
export type LoopEvent =
  /** Images have come that training waited for. */
  | { readonly kind: 'images'; readonly images: number; readonly waitedMs: number }
  /** An image was left out of the given step. */
  | { readonly kind: 'skipped'; readonly step: number; readonly image: SkippedImage }
  | { readonly kind: 'step'; readonly result: StepResult }
  /** An epoch is over; its loss is the mean. */
  | { readonly kind: 'epoch'; readonly result: StepResult }
  /**
   * All is to be saved: after an epoch, of which the weights may be to be kept for good, or in the
   * middle of one.
   */
  | { readonly kind: 'save'; readonly endsEpoch: boolean; readonly keeps: boolean }
  /** The run has got another length, to end on time. */
  | { readonly kind: 'revised' }
  /** The work after an epoch is due: everything is saved, and the work changes no weight. */
  | { readonly kind: 'look' }
  /** The end of the loop. */
  | { readonly kind: 'end' };

type Events<Result = void> = AsyncGenerator<LoopEvent, Result, undefined>;

/** A batch, and what several processes have of it together. */
interface TakenBatch {
  readonly images: ImageBatch;
  readonly shared: SharedBatch | undefined;
}

/** A step whose numbers the device may still be computing. */
interface PendingStep extends Pick<StepResult, 'step' | 'epoch' | 'learningRate'> {
  /** The loss of each batch that has images. */
  readonly losses: readonly CountedLoss[];
  readonly gradientNorm: LateNumber;
}

export class TrainingLoop {
  private schedule: (epoch: number) => number;
  private readonly meter: ProcessMeter | undefined;
  private savedStep: number;
  /** Whether any of several processes wants the run to end. */
  private stopsTogether = false;

  constructor(private readonly parts: LoopParts) {
    const { trainer, progress, team } = parts;
    this.meter = team && new ProcessMeter(team, () => team.waitedMs + trainer.waitedMs);
    this.schedule = scheduleOf(progress.plan);
    this.savedStep = progress.step;
  }

  /** Trains to the end, or until the signal. */
  async *events(): Events {
    const { progress } = this.parts;
    yield* this.look();
    while (!progress.isFinished && !this.isStopping) yield* this.epochEvents();
    if (!progress.isFinished) yield* this.save({ endsEpoch: false, keeps: false });
    yield { kind: 'end' };
  }

  /** The rest of the epoch under way. */
  private async *epochEvents(): Events {
    const { trainer, progress, loader, team } = this.parts;
    const batches = loader.epoch(progress.epoch, { start: progress.batch });
    let last: StepResult | undefined;
    let pending: PendingStep | undefined;
    trainer.discard();
    try {
      while (!this.endsEpoch && !this.isStopping) {
        yield* this.keepTime();
        const before = pending;
        pending = yield* this.take(batches);
        if (before) last = yield* this.report(before);
        // A device that is still at it gets the next step first, unless that would change what is
        // saved. Several processes take turns that do not depend on how far a device is.
        if (team || pending.gradientNorm.isKnown || this.isSaveDue) {
          last = yield* this.report(pending);
          pending = undefined;
        }
        if (this.isSaveDue) yield* this.save({ endsEpoch: false, keeps: false });
        // Lets signals through when the next images are already there.
        await setImmediate();
      }
      if (pending) last = yield* this.report(pending);
    } finally {
      await batches.return();
    }
    if (last && this.endsEpoch) yield* this.endEpoch(last);
  }

  /** Whether the run is to end after the step under way: several processes agree on it. */
  private get isStopping(): boolean {
    const { team, signal } = this.parts;
    return team ? this.stopsTogether : signal.aborted;
  }

  /**
   * Whether the last step is one after which everything is saved, as every epoch is
   * by itself.
   */
  private get isSaveDue(): boolean {
    const { progress } = this.parts;
    return progress.step % progress.plan.checkpointSteps === 0 && !this.endsEpoch;
  }

  /** Whether the epoch is over, or the run in the middle of it. */
  private get endsEpoch(): boolean {
    return this.parts.progress.isEpochOver || this.parts.progress.isFinished;
  }

  /** Changes the length of the run where another one ends it on time, by the first process's clock. */
  private async *keepTime(): Events {
    const { pacer, team, progress } = this.parts;
    if (!pacer) return;
    const own = pacer.steps(progress);
    const [steps = own] = team ? await team.sum([team.leads ? own : 0]) : [];
    if (steps === progress.plan.steps) return;
    progress.revise(steps);
    this.schedule = scheduleOf(progress.plan);
    yield { kind: 'revised' };
  }

  /** Takes one optimizer step. */
  private async *take(batches: Batches): Events<PendingStep> {
    const { trainer, progress } = this.parts;
    const learningRate = this.schedule(progress.fractionalEpoch);
    const losses: CountedLoss[] = [];
    const { accumulation } = progress.plan.recipe;
    for (let batch = 1; batch <= accumulation; batch++) {
      const { images, shared } = yield* this.next(batches);
      progress.batch++;
      const { count, of } = shared?.rows ?? countsOf(images);
      const isLast = batch === accumulation;
      if (of > 0) {
        const part = shared && { rows: shared.rows, isLast };
        losses.push({ ...trainer.accumulate(images, part), share: count / of });
      } else if (isLast && losses.length > 0) {
        // Every image of the batch was unreadable, and gradients of earlier ones wait.
        trainer.exchangeGradients();
      }
    }
    const gradientNorm = trainer.update(learningRate);
    progress.step++;
    trainer.average(progress.step);
    const { step, epochsDone: epoch } = progress;
    return { step, epoch, learningRate, losses, gradientNorm };
  }

  private async *next(batches: Batches): Events<TakenBatch> {
    const { progress, team, signal } = this.parts;
    const startMs = performance.now();
    const { value } = await batches.next();
    assert(value, 'an epoch has fewer batches than planned');
    const waitedMs = performance.now() - startMs;
    const shared = await team?.meet(value, { stops: signal.aborted });
    if (shared?.stops) this.stopsTogether = true;
    // All begin here together, whatever each had to do between epochs.
    if (progress.batch === 0) this.meter?.restart();
    this.meter?.add({
      images: countsOf(value).count,
      waitedMs: progress.batch === 0 ? 0 : waitedMs,
    });
    const { skipped } = shared ?? value;
    yield { kind: 'images', images: (shared?.rows ?? countsOf(value)).of, waitedMs };
    const step = progress.step + 1;
    for (const image of skipped) yield { kind: 'skipped', step, image };
    progress.skip(skipped);
    return { images: value, shared };
  }

  private async *report(pending: PendingStep): Events<StepResult> {
    const { team, progress, trainer } = this.parts;
    // While a GPU waits for one of another process, this one has to hear whether that is there.
    if (team && trainer.isOnGpu) await team.group.waitTogether(() => pending.gradientNorm.isKnown);
    const meter = progress.isLogged(pending.step) ? this.meter : undefined;
    const { losses, sums } = await exchangeLosses(pending.losses, team, meter?.numbers());
    meter?.restart();
    const result = this.resultOf(pending, losses);
    const step = meter ? { ...result, processes: pacesIn(sums) } : result;
    yield { kind: 'step', result: step };
    return step;
  }

  /**
   * Puts the numbers of a step together.
   *
   * @throws UmMaeError when they are not finite
   */
  private resultOf(
    { losses, gradientNorm, ...pending }: PendingStep,
    numbers: readonly (readonly number[])[],
  ): StepResult {
    const { trainer, progress } = this.parts;
    let sum = 0;
    const sums = new Map<string, number>();
    for (const [i, { parts }] of losses.entries()) {
      const [loss = Number.NaN, ...values] = numbers[i] ?? [];
      if (!Number.isFinite(loss)) throw this.nonFinite('a finite loss', loss, pending.step);
      progress.addLoss(loss);
      sum += loss;
      for (const [j, name] of [...parts.keys()].entries())
        sums.set(name, (sums.get(name) ?? 0) + (values[j] ?? Number.NaN));
    }
    const norm = gradientNorm.value();
    if (!Number.isFinite(norm) && !trainer.toleratesOverflow) {
      throw this.nonFinite('a finite gradient', norm, pending.step);
    }
    const means = [...sums].map(([name, part]) => [name, finite(part / losses.length)] as const);
    return {
      ...pending,
      loss: finite(sum / losses.length),
      ...(means.length > 0 ? { losses: Object.fromEntries(means) } : {}),
      gradientNorm: finite(norm),
    };
  }

  private async *endEpoch(last: StepResult): Events {
    const { progress } = this.parts;
    const { losses: _, processes: __, ...numbers } = last;
    const result = { ...numbers, loss: finite(progress.epochLoss) };
    const keeps =
      progress.isEpochOver &&
      (progress.epoch + 1) % progress.plan.recipe.checkpoints.keepEpochs === 0;
    progress.startEpoch();
    yield { kind: 'epoch', result };
    yield* this.save({ endsEpoch: true, keeps });
    yield* this.look();
  }

  /** Lets the listener look at the epoch that has ended, unless that is done or the run is to end. */
  private async *look(): Events {
    if (this.parts.progress.isLookDue && !this.isStopping) yield { kind: 'look' };
  }

  /** Yields a request to save everything, unless nothing has changed since the last one. */
  private async *save(how: { readonly endsEpoch: boolean; readonly keeps: boolean }): Events {
    const { trainer, progress } = this.parts;
    if (progress.step === this.savedStep) return;
    if (!trainer.isSound) throw this.nonFinite('finite weights', Number.NaN, progress.step);
    yield { kind: 'save', ...how };
    this.savedStep = progress.step;
  }

  /** @param expected what should have come of a step */
  private nonFinite(expected: string, value: number, step: number): UmMaeError {
    const { savedStep } = this;
    const saved = savedStep === 0 ? 'there is none yet' : `the last one is of step ${savedStep}`;
    return new UmMaeError(
      'non-finite',
      `Expected ${expected} but got ${value} in step ${step}; of checkpoints, ${saved}.\n` +
        'Lower the learning rate, or lengthen the warm-up.',
    );
  }
}

/** Counts the images of a batch that one process has alone. */
function countsOf({ indices }: ImageBatch): { readonly count: number; readonly of: number } {
  return { count: indices.length, of: indices.length };
}

/** Replaces numbers that JSON does not have by null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
