import { ok as assert } from 'node:assert';
import { memory, noGrad } from '@um-mae/torch';
import { type Parameter, profile } from '@um-mae/torch/nn';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { batchOf } from '../../data/loading/loader.js';
import { MaskedObjective } from '../../objectives/masked-objective.js';
import type { Objective } from '../../objectives/objective.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import { swinMicro } from '../../recipes/pretrain/folder.js';
import { methodRecipes } from '../../recipes/pretrain/methods.js';
import { assign, parseAssignment } from '../../recipes/values/assignments.js';
import { PretrainTask } from '../../tasks/pretrain/pretrain-task.js';
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

const vit = parsePretrainRecipe({
  ...recipe,
  ...methodRecipes.mae,
  backbone: { kind: 'vit', channels: 16, depth: 3, heads: 2, patch: 8 },
  decoder: { channels: 16, depth: 2, heads: 2 },
});

const simmim = parsePretrainRecipe({ ...recipe, ...methodRecipes.simmim });

const crossDecoder = parsePretrainRecipe(
  assign(recipe, [
    parseAssignment('decoder.kind=cross'),
    parseAssignment('decoder.predicted=0.25'),
  ]),
);

function maskToken(model: Objective): Parameter {
  assert(model instanceof MaskedObjective);
  return model.mask_token;
}

function trainStep(trainer: Trainer, step = 0): number {
  const loss = trainer.accumulate(batchOf(pixels, recipe.image));
  trainer.update(1e-3);
  trainer.average(step + 1);
  return loss.total.value();
}

function weightsOf(model: Objective): Map<string, readonly number[]> {
  const entries = [...model.state()];
  return new Map(entries.map(([name, weight]) => [name, [...weight.toArray()].map(Number)]));
}

describe('Trainer', () => {
  test.each([
    {},
    { dropPath: 0.5 },
    { averageDecay: 0.9 },
    { dropPath: 0.5, averageDecay: 0.9, checkpointing: true },
  ])('goes on from what it has saved as if nothing had happened: %j', (options) => {
    const changed = { ...recipe, ...options };
    const unbroken = new Trainer(new PretrainTask(changed), 'cpu');
    for (let step = 0; step < 3; step++) trainStep(unbroken);
    const resumed = new Trainer(new PretrainTask({ ...changed, seed: 5 }), 'cpu');
    resumed.load(unbroken.save());
    for (let step = 3; step < 6; step++) {
      expect(trainStep(resumed, step)).toBe(trainStep(unbroken, step));
    }
    expect(weightsOf(resumed.shown)).toEqual(weightsOf(unbroken.shown));
  });

  test.each([
    { masking: 'uniform', precision: 'f32' },
    { masking: 'uniform', precision: 'bf16' },
    { masking: 'random', precision: 'f32' },
  ] as const)('learns the same when activations are computed again: %j', (options) => {
    const { precision } = options;
    const changed = { ...(options.masking === 'uniform' ? recipe : vit), precision, dropPath: 0.5 };
    const plain = new Trainer(new PretrainTask(changed), 'cpu');
    const checkpointing = new Trainer(new PretrainTask({ ...changed, checkpointing: true }), 'cpu');
    for (let step = 0; step < 3; step++) {
      expect(trainStep(checkpointing)).toBeCloseTo(trainStep(plain), 5);
    }
    const expected = weightsOf(plain.model);
    for (const [name, values] of weightsOf(checkpointing.model)) {
      const difference = values.map((value, i) => Math.abs(value - (expected.get(name)?.[i] ?? 0)));
      expect(Math.max(...difference), name).toBeLessThan(precision === 'f32' ? 1e-5 : 1e-3);
    }
  });

  test.each([
    { method: 'um-mae', start: recipe },
    { method: 'um-mae with the cross decoder', start: crossDecoder },
    { method: 'mae', start: vit },
    { method: 'simmim', start: simmim },
  ])('makes no tensor whose size a GPU would be waited for: $method', ({ start }) => {
    const trainer = new Trainer(new PretrainTask({ ...start, dropPath: 0.5 }), 'cpu');
    const operators = profile(trainer.model, () => {
      trainer.accumulate(batchOf(pixels, recipe.image));
    });
    const names = operators.map(({ operator }) => operator);
    expect(names).toContain('aten::mean');
    for (const waits of ['nonzero', 'masked_select', 'unique_dim', '_unique2', 'equal'])
      expect(names).not.toContain(`aten::${waits}`);
  });

  test('refuses masks that drop no unit', () => {
    const few = { ...vit, masking: { kind: 'random', ratio: 0.05, secondaryRatio: 0 } } as const;
    expect(() => new Trainer(new PretrainTask(few), 'cpu')).toThrow(
      'Expected a `masking.ratio` that drops at least one of 16 units but got 0.05.',
    );
  });

  test('averages the weights, and shows the averages', () => {
    const trainer = new Trainer(new PretrainTask({ ...recipe, averageDecay: 0.9 }), 'cpu');
    const before = maskToken(trainer.model).clone();
    trainStep(trainer, 1000);
    const shown = maskToken(trainer.shown);
    const expected = noGrad(() => before.mul(0.9).add(maskToken(trainer.model).mul(0.1)));
    expectClose(shown, expected, { atol: 1e-6 });
  });

  test('leaves the weights alone when the gradient is not finite', () => {
    const trainer = new Trainer(new PretrainTask(recipe), 'cpu');
    const token = maskToken(trainer.model);
    token.grad = token.mul(Number.NaN).detach();
    expect(trainer.update(1e-3).value()).toBe(Number.NaN);
    expect(trainer.isSound).toBe(true);
  });

  test.each([{}, { dropPath: 0.5, averageDecay: 0.9, checkpointing: true }])(
    'does not grow over 300 steps: %j',
    (options) => {
      const trainer = new Trainer(new PretrainTask({ ...recipe, ...options }), 'cpu');
      for (let step = 0; step < 20; step++) trainStep(trainer);
      const before = memory();
      const residentBefore = process.memoryUsage.rss();
      for (let step = 0; step < 300; step++) trainStep(trainer);
      expect(memory().tensors).toBe(before.tensors);
      expect(memory().bytes).toBe(before.bytes);
      expect(process.memoryUsage.rss() - residentBefore).toBeLessThan(48e6);
    },
  );
});
