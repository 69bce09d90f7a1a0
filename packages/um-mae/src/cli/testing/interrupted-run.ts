/** Runs of fine-tuning that are killed and go on, for tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { FinetuneEvent } from '../../tasks/finetune/events.js';
import { startUmMae } from './command-line.js';
import { metricsOf } from './kept-runs.js';

/** Says whether it is the moment to kill a run. */
export type Moment = (event: FinetuneEvent) => boolean;

/** The moment in the middle of an epoch, after a checkpoint. */
export const inStep: Moment = (event) => event.kind === 'step' && event.metrics.step === 3;
/** The moment of an evaluation. */
export const inEvaluation: Moment = (event) => event.kind === 'evaluated';

/** Starts a run, kills it at the first moment, and goes on with it until the next one. */
export async function killAt(args: readonly string[], moments: readonly Moment[]): Promise<void> {
  for (const [attempt, isMoment] of moments.entries()) {
    const mode = attempt === 0 ? [] : ['--resume'];
    const running = startUmMae([...args, ...mode], (line) => {
      if (isMoment(JSON.parse(line))) running.child.kill('SIGKILL');
    });
    expect((await running.outcome).code).toBe(null);
  }
}

/** The results of a run of three epochs that must not depend on how often it was stopped. */
export function resultOf(path: string) {
  const read = (name: string) => readFileSync(join(path, name)).toString('base64');
  return {
    weights: ['best/model', 'last/model', 'last/optimizer'].map((name) =>
      read(`checkpoints/${name}.safetensors`),
    ),
    picture: read('images/epoch-0003.png'),
    lines: metricsOf(path).map((line) => {
      const { kind, step, loss, learningRate, gradientNorm, meanIou, maskAp } = line;
      return { kind, step, loss, learningRate, gradientNorm, meanIou, maskAp };
    }),
  };
}
