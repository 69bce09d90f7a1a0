import { memory } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { assign, parseAssignment } from '../recipes/assignments.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import { swinMicro } from '../recipes/pretrain/folder.js';
import { Trainer } from './trainer.js';

const recipe = parsePretrainRecipe(
  assign(
    swinMicro,
    ['image={height: 32, width: 32}', 'backbone.channels=8', 'backbone.heads=[1, 1, 1, 1]'].map(
      parseAssignment,
    ),
  ),
);
const pixels = Uint8Array.from({ length: 2 * 32 * 32 * 3 }, (_, i) => (i * 37) % 256);

function trainStep(trainer: Trainer): number {
  const loss = trainer.accumulate(pixels, 2);
  trainer.update(1e-3);
  return loss;
}

describe('Trainer', () => {
  test('goes on from what it has saved as if nothing had happened', () => {
    const unbroken = new Trainer(recipe, 'cpu');
    for (let step = 0; step < 3; step++) trainStep(unbroken);
    const { model, optimizer, state } = unbroken.save();
    const resumed = new Trainer({ ...recipe, seed: 5 }, 'cpu');
    const rest = {
      version: 1,
      step: 3,
      epoch: 0,
      batch: 3,
      elapsedSeconds: 0,
      skipped: [],
    } as const;
    const images = { count: 1, digest: '' };
    const losses = { sum: 0, batches: 0 };
    resumed.load({ model, optimizer, state: { ...state, ...rest, skipped: [], images, losses } });
    for (let step = 0; step < 3; step++) expect(trainStep(resumed)).toBe(trainStep(unbroken));
  });

  test('leaves the weights alone when the gradient is not finite', () => {
    const trainer = new Trainer(recipe, 'cpu');
    trainer.model.mask_token.grad = trainer.model.mask_token.mul(Number.NaN).detach();
    expect(trainer.update(1e-3)).toBe(Number.NaN);
    expect(trainer.isSound).toBe(true);
  });

  test('does not grow over 300 steps', () => {
    const trainer = new Trainer(recipe, 'cpu');
    for (let step = 0; step < 20; step++) trainStep(trainer);
    const before = memory();
    const residentBefore = process.memoryUsage.rss();
    for (let step = 0; step < 300; step++) trainStep(trainer);
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
    expect(process.memoryUsage.rss() - residentBefore).toBeLessThan(48e6);
  });
});
