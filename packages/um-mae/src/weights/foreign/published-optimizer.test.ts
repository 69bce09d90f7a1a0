import { Generator, tensor, zeros } from '@um-mae/torch';
import { AdamW } from '@um-mae/torch/optim';
import { PickleMap, type PickleTree } from '@um-mae/torch/serialization';
import { describe, expect, test } from 'vitest';
import { buildObjective } from '../../objectives/build.js';
import {
  isPublished,
  publishedPath,
  publishedText,
} from '../../parity/published/published-files.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import { parameterGroups } from '../../tasks/pretrain/parameter-groups.js';
import { inferModel } from '../infer-model.js';
import { openWeights } from '../open-weights.js';
import { publishedOptimizer } from './published-optimizer.js';

describe('published checkpoints', () => {
  const cases = [
    ['um_mae_swin_zip', 'um_mae_swin_vmr025'],
    ['mae_vit_zip', 'mae_vit_uniform_vmr025'],
    ['mae_vit_legacy', 'mae_vit_random'],
  ] as const;

  test.each(cases.filter(([, name]) => isPublished(name)))(
    '%s goes on training as %s would',
    (file, name) => {
      const { tensors, optimizer: read } = openWeights(publishedPath(`checkpoints/${file}.pth`));
      const optimizer = read();
      type Described = { optimizer: { state_index_to_param: string[] } };
      const described = JSON.parse(publishedText(`${name}/case.json`)) as Described;
      const names = described.optimizer.state_index_to_param;
      expect([...(optimizer?.keys() ?? [])]).toEqual(
        names.flatMap((key) => [`step.${key}`, `exp_avg.${key}`, `exp_avg_sq.${key}`]),
      );

      const recipe = parsePretrainRecipe(inferModel(tensors)?.recipe);
      const model = buildObjective(recipe, { generator: new Generator(0) });
      expect(model.loadState(tensors)).toMatchObject({ missing: [], unexpected: [] });
      const ours = new AdamW(parameterGroups(model.namedParameters(), 0.05));
      ours.loadState(optimizer ?? new Map());
      expect([...ours.state().keys()].sort()).toEqual([...(optimizer?.keys() ?? [])].sort());
      expect(ours.state().get('step.mask_token')?.number()).toBe(1);
    },
  );
});

describe('publishedOptimizer', () => {
  const model = new Map([
    ['pos_embed', zeros([1, 4, 2])],
    ['a.weight', zeros([2, 2])],
    ['a.bias', zeros([2])],
  ]);
  const map = (entries: Record<string, PickleTree>) => new PickleMap(Object.entries(entries));
  const moments = (shape: number[], step: PickleTree = 7) =>
    map({ step, exp_avg: zeros(shape), exp_avg_sq: zeros(shape) });
  const optimizer = (groups: number[][], state: [number, PickleMap][]) =>
    map({
      state: new PickleMap(state),
      param_groups: groups.map((params) => map({ params })),
    });

  test('takes step counts of either age, and leaves out what has had no gradient', () => {
    const found = publishedOptimizer(optimizer([[0], [1]], [[1, moments([2, 2])]]), model);
    expect([...(found?.keys() ?? [])]).toEqual([
      'step.a.weight',
      'exp_avg.a.weight',
      'exp_avg_sq.a.weight',
    ]);
    expect(found?.get('step.a.weight')?.number()).toBe(7);
    const newer = optimizer([[0], [1]], [[0, moments([2], tensor(9))]]);
    expect(publishedOptimizer(newer, model)?.get('step.a.bias')?.number()).toBe(9);
  });

  test.each([
    ['none', undefined],
    ['one group', optimizer([[0, 1]], [[0, moments([2])]])],
    ['larger groups', optimizer([[0], [1, 2]], [[0, moments([2])]])],
    ['other shapes', optimizer([[0], [1]], [[0, moments([3])]])],
    ['no moments', optimizer([[0], [1]], [[0, map({ step: 1 })]])],
    ['nothing yet', optimizer([[0], [1]], [])],
  ])('does not map %s', (_, state) => {
    expect(publishedOptimizer(state, model)).toBeUndefined();
  });
});
