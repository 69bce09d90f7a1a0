import { describe, expect, test } from 'vitest';
import type { ListedRun } from '../../../shared/protocol/runs.js';
import { columnsFor } from './run-columns.js';
import { matches, passes, sorted } from './run-order.js';
import { listedRun } from './testing/listed-run.js';

describe('matches', () => {
  test('wants every word, anywhere', () => {
    const shown = listedRun('group/first', { state: 'running' });
    expect(matches(shown, ' FIRST run ')).toBe(true);
    expect(matches(shown, 'first pvt')).toBe(false);
    expect(matches(shown, '')).toBe(true);
  });

  test('compares values of the recipe, and looks into tags and notes', () => {
    const values = { seed: '10', 'learningRate.peak': '0.001' };
    const notes = { tags: ['baseline'], note: 'Too warm', revision: '' };
    const shown = listedRun('first', { values, notes });
    for (const search of ['seed=10', 'peak>5e-4', 'learningrate.peak<0.002', 'base warm']) {
      expect(matches(shown, search), search).toBe(true);
    }
    for (const search of ['seed=1', 'peak>1e-3', 'peak=2', 'cold']) {
      expect(matches(shown, search), search).toBe(false);
    }
    expect(passes(shown, [{ path: 'seed', value: '10' }])).toBe(true);
    expect(passes(shown, [{ path: 'seed', value: '1' }])).toBe(false);
  });
});

describe('columnsFor', () => {
  test('has a column for each value that differs, and leaves out what all share', () => {
    const runs = [1, 10, 9].map((seed) =>
      listedRun(`run-${seed}`, { values: { seed: `${seed}`, 'data.paths': '/photos' } }),
    );
    const { usual, all } = columnsFor(runs);
    expect(usual.map(({ label }) => label)).toEqual([
      ...['Run', 'State', 'Seed', 'Progress', 'Loss', 'Updated'],
    ]);
    const seed = all.find(({ key }) => key === 'seed');
    const order = seed && sorted(runs, seed, true).map(({ name }) => name);
    expect(order).toEqual(['run-10', 'run-9', 'run-1']);
  });
});

describe('sorted', () => {
  const names = (runs: readonly ListedRun[], key: string, isDescending = false) => {
    const column = columnsFor(runs).all.find((one) => one.key === key);
    return column ? sorted(runs, column, isDescending).map(({ name }) => name) : [];
  };

  test('counts in names, and puts what is not known last, either way', () => {
    const runs = [
      listedRun('run-10', { loss: 2 }),
      listedRun('run-9', { loss: null }),
      listedRun('run-2'),
    ];
    expect(names(runs, 'name')).toEqual(['run-2', 'run-9', 'run-10']);
    expect(names(runs, 'loss')).toEqual(['run-2', 'run-10', 'run-9']);
    expect(names(runs, 'loss', true)).toEqual(['run-10', 'run-2', 'run-9']);
  });

  test('orders by the share that is done', () => {
    const runs = [listedRun('a', { step: 9, steps: 10 }), listedRun('b', { step: 50, steps: 100 })];
    expect(names(runs, 'step')).toEqual(['b', 'a']);
  });
});
