/** Measures how fast a network is trained here: real steps, with the loader at work. */
import { synchronize } from '@um-mae/torch';
import type { ImageLoader } from '../../data/loading/loader.js';
import type { Trainer } from '../steps/trainer.js';
import type { Team } from '../team/team.js';

/** Libraries choose their algorithms, and threads start, in the first step. */
const unusualSteps = 1;
const fewestSteps = 3;

export interface SpeedOptions {
  /** The time to measure for, where a few steps do not take longer. */
  readonly seconds: number;
  /** The processes that measure together, each a part of every batch. */
  readonly team?: Team | undefined;
}

/**
 * Images that all processes together take in a second: forward, backward, optimizer and loading. The
 * network keeps its weights.
 */
export async function measureSpeed(
  trainer: Trainer,
  loader: ImageLoader,
  { seconds, team }: SpeedOptions,
): Promise<number> {
  let [steps, images, startMs] = [0, 0, performance.now()];
  for (let epoch = 0; !isEnough(); epoch++) {
    for await (const batch of loader.epoch(epoch)) {
      if (batch.indices.length > 0) trainer.accumulate(batch);
      trainer.update(0);
      synchronize(trainer.device);
      steps++;
      if (steps <= unusualSteps) startMs = performance.now();
      else images += batch.indices.length;
      if (isEnough()) break;
    }
  }
  const own = (1000 * images) / (performance.now() - startMs);
  const [all = own] = team ? await team.sum([own]) : [];
  return all;

  function isEnough(): boolean {
    const counted = steps - unusualSteps;
    return counted >= fewestSteps && performance.now() - startMs >= 1000 * seconds;
  }
}
