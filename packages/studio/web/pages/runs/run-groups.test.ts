import { describe, expect, test } from 'vitest';
import { columnsFor } from './run-columns.js';
import { runCsv } from './run-csv.js';
import { groupsOf, groupText, spreadOf } from './run-groups.js';
import { listedRun } from './testing/listed-run.js';

const tuned = { recipeDigest: 'tuned', command: 'finetune', task: 'classification' };
const runs = [0, 1].flatMap((seed) => {
  const first = listedRun(`warm/seed-${seed}`, { loss: 1 + seed, values: { seed: `${seed}` } });
  const { id, name } = first;
  const origin = { from: `/runs/${name}`, run: { id, name } };
  return [first, listedRun(`=tuned-${seed}`, { ...tuned, origin })];
});

describe('groupsOf', () => {
  test('joins runs of other seeds, and those that began from joined ones', () => {
    const groups = groupsOf(runs, runs);
    expect(groups.map(({ name, runs }) => [name, runs.length])).toEqual([
      ['warm', 2],
      ['=tuned', 2],
    ]);
    const strange = listedRun('other', tuned);
    expect(groupsOf([...runs, strange], runs)).toHaveLength(3);
  });

  test('leaves what cannot be read alone', () => {
    const unreadable = [listedRun('a', { recipeDigest: '' }), listedRun('b', { recipeDigest: '' })];
    expect(groupsOf(unreadable, unreadable)).toHaveLength(2);
  });

  test('have a mean and a deviation, and the values of all', () => {
    const [group] = groupsOf(runs, runs);
    if (!group) expect.fail('no group');
    const texts = columnsFor(runs).all.map((column) => [column.key, groupText(column, group)]);
    expect(Object.fromEntries(texts)).toMatchObject({ loss: '1.50 ± 0.71', seed: '0, 1' });
    const equal = ['a', 'b', 'c'].map((name) => listedRun(name, { loss: 1.1 }));
    const same = { ...group, runs: equal };
    const [loss] = columnsFor(runs).all.filter(({ key }) => key === 'loss');
    expect(loss && groupText(loss, same)).toBe('1.1 ± 0');
  });
});

describe('spreadOf', () => {
  test('is that of a sample, and passes over what is not known', () => {
    expect(spreadOf([1, null, 3])).toEqual({ mean: 2, deviation: Math.SQRT2 });
    expect(spreadOf([null])).toBeUndefined();
  });
});

describe('runCsv', () => {
  const { all } = columnsFor(runs);

  test('has every column and digit, and no formulas', () => {
    const groups = runs.map((one) => ({ key: one.id, name: one.name, runs: [one] }));
    const lines = runCsv(groups, all, { isGrouped: false }).split('\r\n');
    expect(lines[0]).toMatch(/^name,state,task,model,origin,seed,step,loss,/);
    expect(lines[2]).toMatch(/^'=tuned-0,finished,classification,/);
    expect(lines).toHaveLength(6);
  });

  test('has means and deviations of groups', () => {
    const lines = runCsv(groupsOf(runs, runs), all, { isGrouped: true }).split('\r\n');
    expect(lines[0]).toContain('loss,loss deviation');
    expect(lines[1]).toContain(`1.5,${Math.SQRT1_2}`);
  });
});
