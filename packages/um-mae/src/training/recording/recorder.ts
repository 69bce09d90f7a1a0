/**
 * Writes down the events of a training loop: metrics, skipped images, checkpoints. Only one process
 * of a run has one.
 */
import { join } from 'node:path';
import { memory, scope } from '@um-mae/torch';
import { kindOf } from '../../recipes/kind.js';
import type { LoopEvent, StepResult } from '../loop.js';
import { writeCheckpoint, writeLookDone } from '../run-files/checkpoints/checkpoint.js';
import { writeFailure } from '../run-files/failure.js';
import type { Metrics, ProcessPaces, SkippedLine } from '../run-files/metrics/metrics-line.js';
import type { RunDirectory } from '../run-files/run-directory.js';
import { writeRecipe } from '../run-files/write-recipe.js';
import type { Trainer } from '../steps/trainer.js';
import type { RunEvent, Summary } from './events.js';
import { Forecast } from './forecast.js';
import { Meter } from './meter.js';
import type { Progress } from './progress.js';
import type { RunLog } from './run-log.js';

/** @template Event the events of the task, beside those of every run */
export interface RecorderParts<Event> {
  /** The command that runs it. */
  readonly command: string;
  readonly trainer: Trainer;
  readonly progress: Progress;
  readonly directory: RunDirectory;
  readonly log: RunLog;
  /**
   * The task's work after an epoch, whose checkpoint is there. If it was not done to its end, it is
   * done again. It changes no weight.
   */
  readonly afterEpoch: (metrics: Metrics) => AsyncGenerator<Event, void, undefined>;
  /** Memory of the process, now. */
  readonly residentBytes: () => number;
  /** Called when the process may end without a loss, and when it may no longer. */
  readonly onRest?: ((atRest: boolean) => void) | undefined;
}

export class Recorder<Event> {
  private readonly sinceLine = new Meter();
  private readonly sinceEpoch = new Meter();
  private readonly forecast = new Forecast();
  /** The paces of several processes, as they were last told. */
  private processes: ProcessPaces | undefined;

  /** The step of the last checkpoint; null before the first. */
  private savedStep: number | null;

  constructor(private readonly parts: RecorderParts<Event>) {
    const { step } = parts.progress;
    this.savedStep = step === 0 ? null : step;
  }

  /** Writes an event of the loop down. @yields the events of the run that follow from it */
  async *record(event: LoopEvent): AsyncGenerator<RunEvent | Event, void, undefined> {
    switch (event.kind) {
      case 'images':
        for (const meter of [this.sinceLine, this.sinceEpoch]) meter.add(event);
        return;
      case 'skipped':
        return yield* this.recordSkipped({ step: event.step, ...event.image });
      case 'step':
        return yield* this.recordStep(event.result);
      case 'epoch':
        return await this.parts.log.add(this.line('epoch', event.result, this.sinceEpoch));
      case 'save':
        return yield* this.save(event);
      case 'revised':
        return yield this.revise();
      case 'look':
        return yield* this.look();
      case 'end':
        return yield await this.end();
    }
  }

  private async *recordSkipped(line: SkippedLine): AsyncGenerator<RunEvent, void, undefined> {
    const { log } = this.parts;
    if (log.skipped.has(line.path)) return;
    await log.addSkipped(line);
    yield { kind: 'skipped', image: line };
  }

  private async *recordStep(result: StepResult): AsyncGenerator<RunEvent, void, undefined> {
    const { progress, log } = this.parts;
    this.processes = result.processes ?? this.processes;
    const processes = this.processes && { processes: this.processes };
    const line = { ...this.line('step', result, this.sinceLine), ...processes };
    const logged = progress.isLogged(result.step);
    if (logged) {
      await log.add(line);
      this.sinceLine.restart();
    }
    this.forecast.addStep();
    const secondsLeft = this.forecast.secondsLeft(progress.rest);
    yield { kind: 'step', metrics: line, logged, secondsLeft };
    if (secondsLeft !== null && this.forecast.isTelling)
      yield { kind: 'estimated', step: result.step, secondsLeft };
  }

  private async *save({
    keeps,
  }: Extract<LoopEvent, { kind: 'save' }>): AsyncGenerator<RunEvent, void, undefined> {
    const { trainer, progress, directory, log } = this.parts;
    const { epoch, step, plan } = progress;
    const name = keeps
      ? `epoch-${String(epoch).padStart(4, '0')}`
      : `step-${String(step).padStart(8, '0')}`;
    await log.flush();
    scope(() => {
      const { state, ...tensors } = trainer.save();
      const checkpoint = { ...tensors, state: progress.state(state) };
      writeCheckpoint(directory.checkpoints, checkpoint, { name, recipe: plan.recipe });
    });
    this.savedStep = step;
    yield { kind: 'checkpoint', path: join(directory.checkpoints, name), step };
  }

  private revise(): RunEvent {
    const { progress, directory } = this.parts;
    const { step, plan, elapsedSeconds } = progress;
    writeRecipe(directory, plan, progress.imageCount);
    return { kind: 'revised', step, steps: plan.steps, elapsedSeconds };
  }

  private async *look(): AsyncGenerator<RunEvent | Event, void, undefined> {
    const { log, afterEpoch, onRest, progress, directory } = this.parts;
    onRest?.(true);
    if (log.lastEpoch) yield* afterEpoch(log.lastEpoch);
    await log.flush();
    progress.isLookDue = false;
    writeLookDone(directory.checkpoints);
    onRest?.(false);
    for (const meter of [this.sinceLine, this.sinceEpoch]) meter.restart();
    this.forecast.addLook();
  }

  private async end(): Promise<RunEvent> {
    const { progress, log } = this.parts;
    const kind = progress.isComplete ? 'finished' : 'interrupted';
    if (kind === 'finished') await log.endSession(progress.step);
    return { kind, summary: this.summary };
  }

  /** Writes down that the run ends by an error. @param reason sentences for the user */
  fail(reason: string): RunEvent {
    const { summary, savedStep } = this;
    const { step } = summary;
    const time = new Date().toISOString();
    writeFailure(this.parts.directory, { reason, step, savedStep, time });
    return { kind: 'failed', reason, savedStep, summary };
  }

  private get summary(): Summary {
    const { command, progress, directory, log } = this.parts;
    const { step, elapsedSeconds, plan } = progress;
    return {
      command,
      task: kindOf(plan.recipe).task,
      directory: directory.path,
      step,
      loss: log.lastEpoch?.loss ?? null,
      best: log.best,
      elapsedSeconds,
      skipped: [...log.skipped.values()],
    };
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
}
