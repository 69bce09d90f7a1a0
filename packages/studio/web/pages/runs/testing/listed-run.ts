/** A run of the list, for tests. */
import type { ListedRun } from '../../../../shared/protocol/runs.js';

/** Makes a finished run of pre-training, but for what differs. */
export function listedRun(name: string, differing: Partial<ListedRun> = {}): ListedRun {
  return {
    id: name,
    name,
    state: 'finished',
    problem: null,
    task: 'pretrain',
    command: 'pretrain',
    model: 'swin-tiny',
    method: 'um-mae',
    step: 2,
    steps: 2,
    epoch: 1,
    loss: 1,
    imagesPerSecond: 1,
    score: null,
    secondsLeft: null,
    elapsedSeconds: 1,
    updatedMs: 1,
    lossKind: 'squares',
    recipeDigest: 'a',
    notes: null,
    values: {},
    origin: null,
    ...differing,
  };
}
