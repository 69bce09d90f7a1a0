import { describe, expect, test } from 'vitest';
import { parseAxis, settingsOf } from './grid.js';
import { rank, runsAsCsv, type SweepRun } from './ranking.js';

const axesOf = (...texts: readonly string[]) => texts.map(parseAxis);
const namesOf = (texts: readonly string[], seeds: readonly number[] = []) =>
  settingsOf(axesOf(...texts), seeds).map(({ name }) => name);

describe('a grid', () => {
  test('has a run for every combination of values and seeds', () => {
    const settings = settingsOf(
      axesOf('learningRate.peak=1e-3,2e-3', 'normPixels=false', 'batchSize=4,8'),
      [0, 1],
    );
    expect(settings).toHaveLength(8);
    expect(settings[1]).toMatchObject({
      name: 'peak-1e-3_batchSize-4_seed-1',
      texts: ['learningRate.peak=1e-3', 'normPixels=false', 'batchSize=4', 'seed=1'],
      varied: { 'learningRate.peak': '1e-3', batchSize: '4' },
      seed: 1,
    });
    expect(settings[1]?.assignments[0]).toEqual({ path: 'learningRate.peak', value: 0.001 });
  });

  test('takes commas inside brackets, braces and quotes as part of a value', () => {
    expect(parseAxis('backbone.heads=[1, 2],[2,4]').texts).toEqual(['[1, 2]', '[2,4]']);
    expect(parseAxis('image={height: 32, width: 32}').texts).toHaveLength(1);
    expect(parseAxis(`data.root="a,b",'c,d'`).texts).toEqual(['"a,b"', "'c,d'"]);
  });

  test('names folders that differ, of the values in which runs differ', () => {
    expect(namesOf([])).toEqual(['run']);
    expect(namesOf([], [3])).toEqual(['seed-3']);
    expect(namesOf(['a.depth=1,2', 'b.depth=1'])).toEqual(['depth-1', 'depth-2']);
    expect(namesOf(['a.depth=1,2', 'b.depth=3,4'])[0]).toBe('a.depth-1_b.depth-3');
    expect(namesOf(['from=runs/a b,runs/a-b,../x'])).toEqual([
      'from-runs-a-b',
      'from-runs-a-b-2',
      'from-..-x',
    ]);
  });

  test('refuses values that are there twice, and what is no value', () => {
    expect(() => parseAxis('batchSize=4,4')).toThrow(
      'Expected each value of `batchSize` once but got `4` twice.',
    );
    expect(() => settingsOf(axesOf('seed=1,2'), [0])).toThrow(
      'Expected all values of `seed` at one place but got it twice.',
    );
    expect(() => parseAxis('batchSize')).toThrow('Expected path=value for --set');
    expect(() => parseAxis('image={height: 32')).toThrow('Expected a YAML value for `image`');
  });
});

function runOf(value: string, seed: number, scores: SweepRun['scores']): SweepRun {
  const name = `value-${value}_seed-${seed}`;
  return { name, directory: name, varied: { value }, seed, state: 'finished', scores };
}

describe('a ranking', () => {
  const runs = [
    runOf('a', 0, { loss: 0.1, linearProbe: 0.4 }),
    runOf('a', 1, { loss: 0.1, linearProbe: 0.5 }),
    runOf('b', 0, { loss: 0.3, linearProbe: 0.6 }),
    { ...runOf('b', 1, { loss: 0.3, linearProbe: 0.1 }), state: 'failed' as const },
    { ...runOf('c', 0, {}), state: 'waiting' as const },
  ];

  test('has means and deviations of finished runs, the best first', () => {
    const { by, settings } = rank(runs, 'pretrain');
    expect(by).toEqual({ name: 'linearProbe', isBetter: 'higher' });
    expect(settings.map(({ varied }) => varied.value)).toEqual(['b', 'a', 'c']);
    expect(settings[0]?.scores.linearProbe).toEqual({ mean: 0.6, deviation: null, runs: 1 });
    expect(settings[1]?.scores.linearProbe?.mean).toBeCloseTo(0.45, 12);
    expect(settings[1]?.scores.linearProbe?.deviation).toBeCloseTo(Math.sqrt(0.005), 12);
  });

  test('is by the loss where nothing else is there, and by nothing without scores', () => {
    const losses = runs.map((run) => ({ ...run, scores: { loss: run.scores.loss ?? 1 } }));
    expect(rank(losses, 'pretrain').by).toEqual({ name: 'loss', isBetter: 'lower' });
    expect(rank(runs.slice(-1), 'classification')).toMatchObject({ by: null });
  });

  test('is a table for spreadsheets', () => {
    const odd = runOf('[1, 2]', 0, { loss: 0.5 });
    expect(runsAsCsv([odd])).toBe(
      'run,value,seed,state,loss\r\n"value-[1, 2]_seed-0","[1, 2]",0,finished,0.5\r\n',
    );
  });
});
