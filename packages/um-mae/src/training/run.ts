/** The loop of a run, whatever it trains: epochs, steps, and what is written down after each. */
import { ok as assert } from 'node:assert';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type LateNumber, memory, scope } from '@um-mae/torch';
import { warmupCosine } from '@um-mae/torch/optim';
import type { ImageBatch, ImageLoader } from '../data/loading/loader.js';
import { UmMaeError } from '../errors.js';
import type { Plan } from '../recipes/plan.js';
import type { RunEvent } from './events.js';
import { Meter } from './meter.js';
import type { Progress } from './progress.js';
import { writeCheckpoint } from './run-files/checkpoint.js';
import type { Metrics } from './run-files/metrics-line.js';
import type { RunDirectory } from './run-files/run-directory.js';
import type { RunLock } from './run-files/run-lock.js';
import type { RunLog } from './run-log.js';
import type { Trainer } from './trainer.js';

type Batches = AsyncGenerator<ImageBatch, void, undefined>;

/** @template Event what the task tells beside what every run does */
export interface RunParts<Event> {
  /** The command that runs it. */
  readonly task: string;
  readonly plan: Plan;
  readonly trainer: Trainer;
  readonly progress: Progress;
  readonly directory: RunDirectory;
  readonly loader: ImageLoader;
  readonly log: RunLog;
  readonly lock: RunLock;
  /**
   * What the task does between the end of an epoch and its checkpoint: what is missing after a kill is then made
   * up for.
   */
  readonly afterEpoch: (metrics: Metrics) => AsyncGenerator<Event, void, undefined>;
  /** Memory of the process, now. */
  readonly residentBytes: () => number;
  /** Ends the run after the step under way. */
  readonly signal: AbortSignal;
}

/** What one optimizer step has found. */
type StepResult = Pick<Metrics, 'step' | 'epoch' | 'loss' | 'learningRate' | 'gradientNorm'>;

/** A step whose numbers the device may still be computing. */
interface TakenStep extends Pick<StepResult, 'step' | 'epoch' | 'learningRate'> {
  /** Of each batch with images. */
  readonly losses: readonly LateNumber[];
  readonly gradientNorm: LateNumber;
}

export class Run<Event> {
  private readonly schedule: (epoch: number) => number;
  private savedStep: number;
  private readonly sinceLine = new Meter();
  private readonly sinceEpoch = new Meter();

  constructor(private readonly parts: RunParts<Event>) {
    const { plan, progress } = parts;
    this.schedule = warmupCosine({
      peak: plan.peakLearningRate,
      minimum: plan.recipe.minimumLearningRate,
      warmup: plan.warmupSteps / plan.stepsPerEpoch,
      total: plan.steps / plan.stepsPerEpoch,
    });
    this.savedStep = progress.step;
  }

  /** Trains to the end, or until the signal. */
  async *events(): AsyncGenerator<RunEvent | Event, void, undefined> {
    const { task, progress, directory, log, signal } = this.parts;
    while (!progress.isFinished && !signal.aborted) yield* this.epochEvents();
    if (!progress.isFinished) yield* this.checkpoint(stepName(progress.step));
    const { step, elapsedSeconds } = progress;
    yield {
      kind: progress.isFinished ? 'finished' : 'interrupted',
      summary: {
        task,
        directory: directory.path,
        step,
        loss: log.lastLoss,
        best: log.best,
        elapsedSeconds,
        skipped: [...log.skipped.values()],
      },
    };
  }

  async close(): Promise<void> {
    const { loader, log, lock } = this.parts;
    await Promise.all([loader.close(), log.close()]);
    lock.release();
  }

  /** The rest of the epoch under way. */
  private async *epochEvents(): AsyncGenerator<RunEvent | Event, void, undefined> {
    const { trainer, progress, loader, signal } = this.parts;
    const batches = loader.epoch(progress.epoch, { start: progress.batch });
    let last: StepResult | undefined;
    let taken: TakenStep | undefined;
    trainer.discard();
    try {
      while (!this.endsEpoch && !signal.aborted) {
        const before = taken;
        taken = yield* this.take(batches);
        if (before) last = yield* this.report(before);
        // A device that is still at it gets the next step first, unless that would change what is saved.
        if (taken.gradientNorm.isKnown || this.isCheckpointDue) {
          last = yield* this.report(taken);
          taken = undefined;
        }
        if (this.isCheckpointDue) yield* this.checkpoint(stepName(progress.step));
        // Lets signals through when the next images are already there.
        await setImmediate();
      }
      if (taken) last = yield* this.report(taken);
    } finally {
      await batches.return();
    }
    if (last && this.endsEpoch) yield* this.endEpoch(last);
  }

  /** Whether the step that was taken last is one after which everything is saved, as every epoch is by itself. */
  private get isCheckpointDue(): boolean {
    const { plan, progress } = this.parts;
    return progress.step % plan.checkpointSteps === 0 && !this.endsEpoch;
  }

  /** Whether the epoch is over, or the run in the middle of it. */
  private get endsEpoch(): boolean {
    return this.parts.progress.isEpochOver || this.parts.progress.isFinished;
  }

  /** One optimizer step, and the images that were left out. */
  private async *take(batches: Batches): AsyncGenerator<RunEvent, TakenStep, undefined> {
    const { log } = this.parts;
    const known = log.skipped.size;
    const taken = await this.train(batches);
    for (const image of [...log.skipped.values()].slice(known)) yield { kind: 'skipped', image };
    return taken;
  }

  /** What a step has found, once that is known. */
  private async *report(taken: TakenStep): AsyncGenerator<RunEvent, StepResult, undefined> {
    const { plan, progress, log } = this.parts;
    const result = this.resultOf(taken);
    const line = this.line('step', result, this.sinceLine);
    const logged = result.step === 1 || result.step % plan.recipe.logEvery === 0;
    if (logged) {
      await log.add(line);
      this.sinceLine.restart();
    }
    yield { kind: 'step', metrics: line, logged, secondsLeft: progress.secondsLeft };
    return result;
  }

  private async train(batches: Batches): Promise<TakenStep> {
    const { plan, trainer, progress } = this.parts;
    const learningRate = this.schedule(progress.fractionalEpoch);
    const losses: LateNumber[] = [];
    for (let batch = 0; batch < plan.recipe.accumulation; batch++) {
      const images = await this.next(batches);
      progress.batch++;
      // Every image of the batch may have been unreadable.
      if (images.indices.length === 0) continue;
      losses.push(trainer.accumulate(images));
    }
    const gradientNorm = trainer.update(learningRate);
    progress.step++;
    trainer.average(progress.step);
    const { step, epochsDone: epoch } = progress;
    return { step, epoch, learningRate, losses, gradientNorm };
  }

  /** Waits for the numbers of a step. @throws UmMaeError when they are not finite */
  private resultOf({ losses, gradientNorm, ...taken }: TakenStep): StepResult {
    const { trainer, progress } = this.parts;
    let sum = 0;
    for (const late of losses) {
      const loss = late.value();
      if (!Number.isFinite(loss)) throw this.nonFinite('a finite loss', loss, taken.step);
      progress.addLoss(loss);
      sum += loss;
    }
    const norm = gradientNorm.value();
    if (!Number.isFinite(norm) && !trainer.toleratesOverflow) {
      throw this.nonFinite('a finite gradient', norm, taken.step);
    }
    return { ...taken, loss: finite(sum / losses.length), gradientNorm: finite(norm) };
  }

  private async next(batches: Batches): Promise<ImageBatch> {
    const { progress, log } = this.parts;
    const startMs = performance.now();
    const { value } = await batches.next();
    assert(value, 'an epoch has fewer batches than planned');
    const took = { images: value.indices.length, waitedMs: performance.now() - startMs };
    this.sinceLine.add(took);
    this.sinceEpoch.add(took);

    for (const { path, reason } of value.skipped) {
      await log.addSkipped({ step: progress.step + 1, path, reason });
    }
    progress.skip(value.skipped);
    return value;
  }

  private async *endEpoch(last: StepResult): AsyncGenerator<RunEvent | Event, void, undefined> {
    const { plan, progress, log } = this.parts;
    const loss = finite(progress.epochLoss);
    const line = this.line('epoch', { ...last, loss }, this.sinceEpoch);
    const keep =
      progress.isEpochOver && (progress.epoch + 1) % plan.recipe.checkpoints.keepEpochs === 0;
    progress.startEpoch();
    await log.add(line);
    yield* this.parts.afterEpoch(line);
    const { epoch, step } = progress;
    yield* this.checkpoint(keep ? `epoch-${String(epoch).padStart(4, '0')}` : stepName(step));
    for (const meter of [this.sinceLine, this.sinceEpoch]) meter.restart();
  }

  /** Saves everything, unless that has been done since the last step. */
  private async *checkpoint(name: string): AsyncGenerator<RunEvent, void, undefined> {
    const { plan, trainer, progress, directory, log } = this.parts;
    if (progress.step === this.savedStep) return;
    if (!trainer.isSound) throw this.nonFinite('finite weights', Number.NaN, progress.step);
    await log.flush();
    scope(() => {
      const { state, ...tensors } = trainer.save();
      const checkpoint = { ...tensors, state: progress.state(state) };
      writeCheckpoint(directory.checkpoints, checkpoint, { name, recipe: plan.recipe });
    });
    this.savedStep = progress.step;
    yield { kind: 'checkpoint', path: join(directory.checkpoints, name), step: progress.step };
  }

  private line(kind: Metrics['kind'], result: StepResult, meter: Meter): Metrics {
    const { progress, residentBytes } = this.parts;
    return {
      kind,
      ...result,
      ...meter.rates,
      residentBytes: residentBytes(),
      peakTensorBytes: memory().peakBytes,
      elapsedSeconds: progress.elapsedSeconds,
    };
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

function stepName(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

/** JSON has no other numbers. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
