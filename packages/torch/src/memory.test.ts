import { describe, expect, test } from 'vitest';
import { ones, zeros } from './generated/operators.js';
import { memory, resetPeakMemory } from './memory.js';
import { scope } from './scope.js';

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
});
