import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LateNumber } from '@um-mae/torch';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder, writeImages } from '../cli/testing/command-line.js';
import { ImageLoader } from '../data/loading/loader.js';
import { openImages } from '../data/sources/open-images.js';
import { UmMaeError } from '../errors.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import { swinMicro } from '../recipes/pretrain/folder.js';
import { resolve } from '../recipes/schedule/plan.js';
import { assign, parseAssignment } from '../recipes/values/assignments.js';
import { PretrainTask } from '../tasks/pretrain/pretrain-task.js';
import { openRun } from './open-run.js';
import type { RunEvent } from './recording/events.js';
import { Run } from './run.js';
import { parseFailure } from './run-files/failure.js';
import type { LateLoss } from './steps/late-loss.js';
import { Trainer } from './steps/trainer.js';
import type { Batch } from './task.js';

const folder = temporaryFolder();
const data = join(folder, 'data');

beforeAll(async () => writeImages(data, 3));

/** A trainer whose numbers come late, as those of a GPU do: only when they are read. */
class LateTrainer extends Trainer {
  override accumulate(batch: Batch): LateLoss {
    const { total, parts } = super.accumulate(batch);
    return { total: { ...total, isKnown: false }, parts };
  }

  override update(learningRate: number): LateNumber {
    return { ...super.update(learningRate), isKnown: false };
  }
}

/** A trainer whose gradient is lost in the given step. */
class LosingTrainer extends LateTrainer {
  steps = 0;

  override update(learningRate: number): LateNumber {
    const norm = super.update(learningRate);
    this.steps++;
    return this.steps === 4 ? { isKnown: false, value: () => Number.NaN } : norm;
  }
}

/** The last event of runs that have failed, by their names. */
const failed = new Map<string, RunEvent | undefined>();

/** The events of a run of 4 epochs of 3 steps, with checkpoints after every second one. */
async function train(
  name: string,
  Kind: new (...options: ConstructorParameters<typeof Trainer>) => Trainer,
): Promise<RunEvent[]> {
  const changes = ['backbone.channels=8', 'batchSize=4', 'accumulation=2', 'logEvery=1'];
  const more = ['image={height: 32, width: 32}', 'backbone.heads=[1, 1, 1, 1]'];
  const run = ['duration={epochs: 4}', 'checkpoints.every={steps: 2}', `data.paths=[${data}]`];
  const recipe = parsePretrainRecipe(
    assign(swinMicro, [...changes, ...more, ...run].map(parseAssignment)),
  );
  const { images } = await openImages(recipe.data.paths, {});
  const plan = resolve(recipe, { images: images.count });
  const trainer = new Kind(new PretrainTask(recipe), 'cpu');
  const directory = join(folder, name);
  const opening = { directory, mode: 'create', environment: {} } as const;
  const parts = {
    plan,
    trainer,
    images: { count: images.count, digest: images.digest },
    set: images,
  };
  const loader = new ImageLoader({
    images,
    ...recipe.image,
    batchSize: 4,
    seed: 0,
    workers: 1,
    dropLast: true,
    transform: { kind: 'random-resized-crop', ...recipe.augmentation },
  });
  const opened = await openRun(opening, parts);
  const going = new Run<RunEvent>({
    ...opened,
    trainer,
    loader,
    command: 'pretrain',
    residentBytes: () => 0,
    signal: new AbortController().signal,
    async *afterEpoch() {},
  });
  const events: RunEvent[] = [];
  try {
    for await (const event of going.events()) events.push(event);
  } catch (error) {
    failed.set(name, events.at(-1));
    throw error;
  } finally {
    await going.close();
  }
  return events;
}

/** Reads the lines of `metrics.jsonl`, without times. */
function linesOf(name: string): object[] {
  const lines = readFileSync(join(folder, name, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => {
    const { kind, step, epoch, loss, learningRate, gradientNorm } = JSON.parse(line);
    return { kind, step, epoch, loss, learningRate, gradientNorm };
  });
}

function describeEvent(event: RunEvent): string {
  if (event.kind === 'step') return `step ${event.metrics.step}`;
  return event.kind === 'checkpoint' ? `checkpoint ${event.step}` : event.kind;
}

describe('Run', () => {
  test('computes and writes the same where numbers come late', async () => {
    const known = await train('known', Trainer);
    const late = await train('late', LateTrainer);
    expect(late.map(describeEvent)).toEqual(known.map(describeEvent));
    expect(linesOf('late')).toEqual(linesOf('known'));
    expect(linesOf('late')).toHaveLength(12 + 4);
    const weights = (name: string) =>
      readFileSync(join(folder, name, 'checkpoints/last/model.safetensors'));
    expect(weights('late').equals(weights('known'))).toBe(true);
  });

  test('names the step whose gradient was not finite, and saves nothing after it', async () => {
    const lost = train('lost', LosingTrainer);
    const reason =
      'Expected a finite gradient but got NaN in step 4; of checkpoints, the last one is of step 3.\nLower the learning rate, or lengthen the warm-up.';
    await expect(lost).rejects.toThrow(UmMaeError);
    await expect(lost).rejects.toThrow(reason);
    const event = failed.get('lost');
    expect(event).toMatchObject({ kind: 'failed', reason, savedStep: 3 });
    const text = readFileSync(join(folder, 'lost/failure.json'), 'utf8');
    expect(parseFailure(text)).toMatchObject({ reason, savedStep: 3 });
    expect(parseFailure('{"reason": 1}')).toBeUndefined();
    expect(linesOf('lost').at(-1)).toMatchObject({ kind: 'epoch', step: 3 });
  });
});
