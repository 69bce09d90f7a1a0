import { describe, expect, test } from 'vitest';
import type { RunSummary } from '../../../shared/protocol.js';
import { matches, sorted } from './run-order.js';

function run(name: string, differing: Partial<RunSummary> = {}): RunSummary {
  return {
    id: name,
    name,
    state: 'finished',
    problem: null,
    task: 'pretrain',
    command: 'pretrain',
    model: 'swin-tiny',
    method: 'um-mae',
    step: 1,
    steps: 2,
    epoch: 1,
    loss: 1,
    imagesPerSecond: 1,
    score: null,
    secondsLeft: null,
    elapsedSeconds: 1,
    updatedMs: 1,
    ...differing,
  };
}

describe('matches', () => {
  test('wants every word, anywhere', () => {
    const shown = run('group/first', { state: 'running' });
    expect(matches(shown, ' FIRST run ')).toBe(true);
    expect(matches(shown, 'first pvt')).toBe(false);
    expect(matches(shown, '')).toBe(true);
  });
});

describe('sorted', () => {
  const names = (runs: readonly RunSummary[]) => runs.map(({ name }) => name);

  test('counts in names, and puts what is not known last, either way', () => {
    const runs = [run('run-10', { loss: 2 }), run('run-9', { loss: null }), run('run-2')];
    const byName = sorted(runs, { key: 'name', isDescending: false });
    expect(names(byName)).toEqual(['run-2', 'run-9', 'run-10']);
    const byLoss = (isDescending: boolean) => names(sorted(runs, { key: 'loss', isDescending }));
    expect(byLoss(false)).toEqual(['run-2', 'run-10', 'run-9']);
    expect(byLoss(true)).toEqual(['run-10', 'run-2', 'run-9']);
  });

  test('orders by the share that is done', () => {
    const runs = [run('a', { step: 9, steps: 10 }), run('b', { step: 50, steps: 100 })];
    expect(names(sorted(runs, { key: 'step', isDescending: false }))).toEqual(['b', 'a']);
  });
});
