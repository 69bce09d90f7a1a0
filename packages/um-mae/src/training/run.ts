/** A run of any task: the training loop, and the recorder that writes down its events. */

import { isEndOfLook } from './look.js';
import { type LoopParts, TrainingLoop } from './loop.js';
import type { RunEvent } from './recording/events.js';
import { Recorder, type RecorderParts } from './recording/recorder.js';
import type { RunLock } from './run-files/run-lock.js';

/** @template Event the events of the task, beside those of every run */
export interface RunParts<Event> extends LoopParts, RecorderParts<Event> {
  readonly lock: RunLock;
}

export class Run<Event> {
  private readonly loop: TrainingLoop;
  private readonly recorder: Recorder<Event>;

  constructor(private readonly parts: RunParts<Event>) {
    this.loop = new TrainingLoop(parts);
    this.recorder = new Recorder(parts);
  }

  /** Trains to the end, or until the signal. */
  async *events(): AsyncGenerator<RunEvent | Event, void, undefined> {
    const { signal } = this.parts;
    try {
      for await (const event of this.loop.events()) yield* this.recorder.record(event);
    } catch (error) {
      if (!isEndOfLook(error, signal)) throw error;
      yield* this.recorder.record({ kind: 'end' });
    }
  }

  async close(): Promise<void> {
    const { loader, log, lock } = this.parts;
    await Promise.all([loader.close(), log.close()]);
    lock.release();
  }
}
