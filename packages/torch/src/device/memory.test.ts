import { describe, expect, test } from 'vitest';
import { ones, zeros } from '../generated/operators.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { memory, resetPeakMemory } from './memory.js';

describe('memory', () => {
  test('counts tensors and bytes', () => {
    const before = memory();
    const made = zeros([2 ** 16]);
    const view = made.at(0);
    expect(memory().tensors).toBe(before.tensors + 2);
    expect(memory().bytes - before.bytes).toBeGreaterThanOrEqual(2 ** 18);
    made.dispose();
    // The view still holds it all.
    expect(memory().bytes - before.bytes).toBeGreaterThanOrEqual(2 ** 18);
    view.dispose();
    expect(memory().bytes).toBe(before.bytes);
  });

  test('counts what autograd saved', () => {
    const x = ones([2 ** 16]);
    x.requiresGrad = true;
    const before = memory().bytes;
    const loss = scope(() => x.exp().sum());
    expect(memory().bytes - before).toBeGreaterThanOrEqual(2 ** 18);
    loss.dispose();
    expect(memory().bytes - before).toBeLessThan(1024);
  });

  test('remembers the peak until it is reset', () => {
    resetPeakMemory();
    const before = memory().bytes;
    expect(memory().peakBytes).toBe(before);
    scope(() => zeros([2 ** 16]));
    expect(memory().peakBytes - before).toBeGreaterThanOrEqual(2 ** 18);
    resetPeakMemory();
    expect(memory().peakBytes).toBe(memory().bytes);
  });

  test('never gives one block to two tensors', () => {
    const random = randomIntegers();
    const held: { value: number; made: Tensor }[] = [];
    for (let value = 0; value < 400; value++) {
      const size = 2 ** 14 + random(2 ** 18);
      held.push({ value, made: scope(() => zeros([size]).add(value)) });
      if (held.length < 20) continue;
      const [freed] = held.splice(random(held.length), 1);
      freed?.made.dispose();
    }
    for (const { value, made } of held) {
      expect([made.amin().number(), made.amax().number()]).toEqual([value, value]);
    }
    for (const { made } of held) made.dispose();
  });

  test('keeps the pages of freed tensors until the peak is reset', () => {
    resetPeakMemory();
    const bytes = 2 ** 28;
    const before = process.memoryUsage.rss();
    ones([bytes / 4]).dispose();
    expect(process.memoryUsage.rss() - before).toBeGreaterThan(0.9 * bytes);
    resetPeakMemory();
    expect(process.memoryUsage.rss() - before).toBeLessThan(0.1 * bytes);
  });
});

/** Numbers below `limit`, the same in every run. */
function randomIntegers(): (limit: number) => number {
  let state = 1;
  return (limit) => {
    state = (state * 48271) % (2 ** 31 - 1);
    return state % limit;
  };
}
