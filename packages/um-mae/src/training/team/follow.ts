/** A run in a process that another one leads: it trains, and writes nothing. */
import { kindOf } from '../../recipes/kind.js';
import { isEndOfLook } from '../look.js';
import { type LoopParts, TrainingLoop } from '../loop.js';
import type { RunEvent } from '../recording/events.js';

export interface FollowedRun extends LoopParts {
  /** The command that goes on with the run. */
  readonly command: string;
  /** The run directory of the first process. */
  readonly directory: string;
  /** The work of this process in a look at an epoch. Default: none. */
  readonly afterEpoch?: () => Promise<void>;
  /** Called when the process may end without a loss, and when it may no longer. */
  readonly onRest?: ((atRest: boolean) => void) | undefined;
}

async function trainUntilStopped(parts: FollowedRun): Promise<void> {
  const { progress, signal, onRest, afterEpoch } = parts;
  try {
    for await (const event of new TrainingLoop(parts).events()) {
      if (event.kind !== 'look') continue;
      onRest?.(true);
      await afterEpoch?.();
      progress.isLookDue = false;
      onRest?.(false);
    }
  } catch (error) {
    if (!isEndOfLook(error, signal)) throw error;
  }
}

/** Trains to the end, or until any process wants to stop. @yields the end alone */
export async function* followEvents(parts: FollowedRun): AsyncGenerator<RunEvent, void, undefined> {
  const { command, directory, progress, loader } = parts;
  try {
    await trainUntilStopped(parts);
    yield {
      kind: progress.isComplete ? 'finished' : 'interrupted',
      summary: {
        command,
        task: kindOf(progress.plan.recipe).task,
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
