import { describe, expect, test } from 'vitest';
import { Generator, memory, mseLoss, randn, scope, slice } from '../src/index.js';
import { Gelu, LayerNorm, Linear, Sequential } from '../src/nn/index.js';
import { AdamW, clipGradientNorm } from '../src/optim/index.js';

describe('a training loop', () => {
  test('grows in nothing over 300 steps, and learns', () => {
    const generator = new Generator(0);
    const model = new Sequential(
      new Linear(64, 128, { generator }),
      new Gelu(),
      new LayerNorm(128),
      new Linear(128, 1, { generator }),
    );
    const optimizer = new AdamW([{ parameters: model.namedParameters(), weightDecay: 0.05 }]);
    const step = () =>
      scope(() => {
        const x = randn([64, 64], { generator });
        const loss = mseLoss(model.forward(x), x.at(':', slice(0, 1)));
        optimizer.zeroGrad();
        loss.backward();
        clipGradientNorm(model.namedParameters().values(), 1);
        optimizer.step(3e-3);
        return loss.number();
      });

    const first = step();
    for (let i = 0; i < 20; i++) step();
    const before = { ...memory(), resident: process.memoryUsage().rss };
    let last = first;
    for (let i = 0; i < 300; i++) {
      last = step();
      expect(memory().tensors).toBe(before.tensors);
    }
    expect(last).toBeLessThan(first / 5);
    // Blocks of the C library differ by a few bytes; a lost tensor would be kilobytes a step.
    expect(Math.abs(memory().bytes - before.bytes)).toBeLessThan(4096);
    expect(process.memoryUsage().rss - before.resident).toBeLessThan(64 * 2 ** 20);
  });
});
