/** A run in a process that another one leads: it trains, and writes nothing. */
import { GroupError } from '@um-mae/torch/distributed';
import { kindOf } from '../recipes/kind.js';
import { type LoopParts, TrainingLoop } from './loop.js';
import type { RunEvent } from './recording/events.js';

export interface FollowedRun extends LoopParts {
  /** The command that goes on with the run. */
  readonly command: string;
  /** The run directory of the first process. */
  readonly directory: string;
}

async function trainUntilStopped(parts: FollowedRun): Promise<void> {
  try {
    for await (const _ of new TrainingLoop(parts).events());
  } catch (error) {
    // The first process, which has had the signal too, ends in the middle of a look at an epoch.
    if (!parts.signal.aborted || !(error instanceof GroupError)) throw error;
  }
}

/** Trains to the end, or until any process wants to stop. @yields the end alone */
export async function* followEvents(parts: FollowedRun): AsyncGenerator<RunEvent, void, undefined> {
  const { command, directory, plan, progress, loader } = parts;
  try {
    await trainUntilStopped(parts);
    yield {
      kind: progress.isFinished ? 'finished' : 'interrupted',
      summary: {
        command,
        task: kindOf(plan.recipe).task,
        directory,
        step: progress.step,
        loss: null,
        best: null,
        elapsedSeconds: progress.elapsedSeconds,
        skipped: [],
      },
    };
  } finally {
    await loader.close();
  }
}
