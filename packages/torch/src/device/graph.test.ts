import { describe, expect, test } from 'vitest';
import { TorchError } from '../addon/errors.js';
import { ones, zeros } from '../generated/operators.js';
import { devices } from './device.js';
import { canRecord, record } from './graph.js';
import { deviceMemory } from './memory.js';
import { trace } from './trace.js';

const hasCuda = devices().includes('cuda:0');

describe('work on the CPU', () => {
  test('is not recorded', () => {
    expect(canRecord('cpu')).toBe(false);
  });

  test('has no memory of a GPU', () => {
    expect(deviceMemory('cpu')).toBeUndefined();
  });
});

describe.skipIf(canRecord('cuda'))('an addon that was built without CUDA', () => {
  test('says so when it is asked to record or to trace', () => {
    expect(() => record('cuda', () => 0)).toThrow(
      new TorchError('graph', 'Expected an addon built with CUDA to record work on cuda.'),
    );
    expect(() => trace(() => {})).toThrow(/^Expected an addon built with CUDA to trace a GPU\.$/);
  });
});

describe.skipIf(!hasCuda)('record (needs a CUDA device)', () => {
  test('queues the same work on what its inputs hold by then', () => {
    const input = ones([4], { device: 'cuda' });
    const doubled = record('cuda', () => input.mul(2).keep());
    for (const value of [3, 5]) {
      input.fill_(value);
      doubled.replay();
      expect([...doubled.result.toArray()]).toEqual(Array(4).fill(2 * value));
    }
  });

  test('works in the memory of the recording before', () => {
    const sum = zeros([1], { device: 'cuda' });
    const first = record('cuda', () => sum.add_(1));
    const second = record('cuda', () => sum.mul_(3), { after: first });
    first.replay();
    second.replay();
    expect(sum.number()).toBe(3);
  });

  test('ends when its body fails, and another one can follow', () => {
    const fails = () => {
      throw new RangeError('of the body');
    };
    expect(() => record('cuda', fails)).toThrow('of the body');
    const one = record('cuda', () => ones([1], { device: 'cuda' }).keep());
    one.replay();
    expect(one.result.number()).toBe(1);
  });

  test('is traced as what the GPU does', () => {
    const input = ones([4], { device: 'cuda' });
    const recording = record('cuda', () => input.mul(2).keep());
    const events = trace(() => {
      recording.replay();
      recording.result.toArray();
    });
    expect(events.some(({ onDevice }) => onDevice)).toBe(true);
  });

  test('is counted in the memory of the GPU', () => {
    const before = deviceMemory('cuda')?.bytes ?? 0;
    const kept = record('cuda', () => zeros([2 ** 20], { device: 'cuda' }).keep());
    expect(kept.result.shape).toEqual([2 ** 20]);
    expect((deviceMemory('cuda')?.bytes ?? 0) - before).toBeGreaterThanOrEqual(4 * 2 ** 20);
  });
});
