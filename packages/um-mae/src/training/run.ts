/** A run of any task: the training loop, and the recorder that writes down its events. */

import { LostGroupError } from '@um-mae/torch/distributed';
import { isEndOfLook } from './look.js';
import { type LoopParts, TrainingLoop } from './loop.js';
import type { RunEvent } from './recording/events.js';
import { Recorder, type RecorderParts } from './recording/recorder.js';
import type { RunLock } from './run-files/run-lock.js';
import type { Team } from './team/team.js';
import { causeOf } from './team/team-failure.js';

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

  /**
   * Trains to the end, or until the signal.
   *
   * @throws whatever ends the run, which the last event tells, too
   */
  async *events(): AsyncGenerator<RunEvent | Event, void, undefined> {
    const { signal, team, onRest } = this.parts;
    onRest?.(false);
    try {
      for await (const event of this.loop.events()) yield* this.recorder.record(event);
    } catch (error) {
      if (isEndOfLook(error, signal)) return yield* this.recorder.record({ kind: 'end' });
      yield this.recorder.fail(await reasonOf(error, team));
      throw error;
    }
  }

  async close(): Promise<void> {
    const { loader, log, lock } = this.parts;
    await Promise.all([loader.close(), log.close()]);
    lock.release();
  }
}

/** Sentences on an error, which another process may have had. */
async function reasonOf(error: unknown, team: Team | undefined): Promise<string> {
  if (team && error instanceof LostGroupError) {
    const { text } = await causeOf(team, error);
    return text.replace(/^um-mae: /, '');
  }
  return error instanceof Error ? error.message : String(error);
}
