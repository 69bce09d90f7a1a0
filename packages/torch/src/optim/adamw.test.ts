import { describe, expect, test } from 'vitest';
import { fixtureCase, fixturePath } from '../../test/fixtures.js';
import { SerializationError, TorchError } from '../addon/errors.js';
import { engine } from '../device/device.js';
import { memory } from '../device/memory.js';
import { Generator } from '../device/random.js';
import { rand, randn, zeros } from '../generated/operators.js';
import { Parameter } from '../nn/module/parameter.js';
import { readSafetensors } from '../serialization/safetensors.js';
import { scope } from '../tensor/scope.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import { expectClose } from '../testing/expect-close.js';
import { AdamW } from './adamw.js';

function parameters(): Map<string, Parameter> {
  return new Map([
    ['weight', new Parameter(tensor([1, -2, 3]))],
    ['bias', new Parameter(tensor([0.5]))],
  ]);
}

/** A step with gradients that depend on its number only. */
function step(optimizer: AdamW, of: Map<string, Parameter>, number: number): void {
  scope(() => {
    for (const parameter of of.values()) {
      parameter.grad = rand(parameter.shape, { generator: new Generator(number) });
    }
    optimizer.step(0.1);
  });
}

const values = (of: Map<string, Tensor>) =>
  [...of].map(([name, value]) => [name, [...value.toArray()]]);

describe('AdamW', () => {
  test('leaves parameters without gradient as they are, and counts their steps apart', () => {
    const own = parameters();
    const optimizer = new AdamW([{ parameters: own, weightDecay: 0.1 }]);
    const weight = own.get('weight') as Parameter;
    weight.grad = tensor([1, 1, 1]);
    optimizer.step(0.1);
    expect([...(own.get('bias') as Parameter).toArray()]).toEqual([0.5]);
    expect([...optimizer.state().keys()]).toEqual([
      'step.weight',
      'exp_avg.weight',
      'exp_avg_sq.weight',
    ]);

    step(optimizer, own, 1);
    const state = optimizer.state();
    expect(state.get('step.weight')?.number()).toBe(2);
    expect(state.get('step.bias')?.number()).toBe(1);
    // The first step of Adam moves by the learning rate, after decay.
    expectClose(own.get('bias') as Parameter, [0.5 * (1 - 0.01) - 0.1], { atol: 1e-6 });
  });

  // Without AVX, libtorch rounds products before it adds them.
  test.skipIf(!engine().configuration.includes('CPU capability usage: AVX'))(
    'gives the same bits in one pass as by single operators',
    () => {
      const start = randn([71, 303], { generator: new Generator(7) });
      const [own, composed] = [start, start.clone()].map(
        (values) => new Map([['weight', new Parameter(values)]]),
      ) as [Map<string, Parameter>, Map<string, Parameter>];
      // The kernel does not take lists with doubles in them.
      composed.set('other', new Parameter(zeros([1], { dtype: 'f64' })));
      const optimizers = [own, composed].map(
        (parameters) => new AdamW([{ parameters, weightDecay: 0.1 }], { betas: [0.9, 0.95] }),
      );
      for (let number = 0; number < 5; number++) {
        for (const [i, of] of [own, composed].entries()) {
          for (const parameter of of.values()) {
            const { shape, dtype } = parameter;
            parameter.grad = randn(shape, { dtype, generator: new Generator(number) });
          }
          optimizers[i]?.step(0.01);
        }
      }
      const bits = (of: Tensor | undefined) => of?.toArray();
      expect(bits(own.get('weight'))).toEqual(bits(composed.get('weight')));
      const [moments, expected] = optimizers.map((optimizer) => optimizer.state());
      for (const name of ['exp_avg.weight', 'exp_avg_sq.weight']) {
        expect(bits(moments?.get(name))).toEqual(bits(expected?.get(name)));
      }
    },
  );

  test('moves as far in one pass as by single operators', () => {
    const start = rand([70, 300], { generator: new Generator(7) });
    const [own, exact] = [start, start.to('f64')].map(
      (values) => new Map([['weight', new Parameter(values)]]),
    ) as [Map<string, Parameter>, Map<string, Parameter>];
    const optimizers = [own, exact].map(
      (parameters) => new AdamW([{ parameters, weightDecay: 0.1 }], { betas: [0.9, 0.95] }),
    );
    for (let number = 0; number < 5; number++) {
      const gradient = rand([300, 70], { generator: new Generator(number) })
        .sub(0.5)
        .t();
      for (const [i, of] of [own, exact].entries()) {
        const weight = of.get('weight') as Parameter;
        weight.grad = gradient.to(weight.dtype);
        optimizers[i]?.step(0.01);
      }
    }
    expectClose(own.get('weight') as Tensor, exact.get('weight') as Tensor, { atol: 1e-6 });
    const [moments, expected] = optimizers.map((optimizer) => optimizer.state());
    for (const name of ['exp_avg.weight', 'exp_avg_sq.weight']) {
      expectClose(moments?.get(name) as Tensor, expected?.get(name) as Tensor, { atol: 1e-6 });
    }
  });

  test('scales the learning rate of a group', () => {
    const [own, other] = [parameters(), parameters()];
    const scaled = new AdamW([{ parameters: own, weightDecay: 0.1, learningRateScale: 0.5 }]);
    const plain = new AdamW([{ parameters: other, weightDecay: 0.1 }]);
    for (const parameter of [...own.values(), ...other.values()]) {
      parameter.grad = rand(parameter.shape, { generator: new Generator(0) });
    }
    scaled.step(0.1);
    plain.step(0.05);
    expect(values(own)).toEqual(values(other));
  });

  test('goes on exactly from a saved state', () => {
    const own = parameters();
    const optimizer = new AdamW([{ parameters: own, weightDecay: 0.1 }]);
    for (let i = 0; i < 3; i++) step(optimizer, own, i);

    const resumed = new Map([...own].map(([name, p]) => [name, new Parameter(p.detach().clone())]));
    const other = new AdamW([{ parameters: resumed, weightDecay: 0.1 }]);
    other.loadState(optimizer.state());
    for (let i = 3; i < 6; i++) {
      step(optimizer, own, i);
      step(other, resumed, i);
    }
    expect(values(resumed)).toEqual(values(own));
    expect(values(other.state())).toEqual(values(optimizer.state()));
  });

  test('refuses a state of other parameters and keeps its own', () => {
    const own = parameters();
    const optimizer = new AdamW([{ parameters: own, weightDecay: 0.1 }]);
    step(optimizer, own, 0);
    const before = values(optimizer.state());
    const load = (change: (state: Map<string, Tensor>) => void) => () => {
      const state = optimizer.state();
      change(state);
      optimizer.loadState(state);
    };
    expect(load((state) => state.set('step.head', tensor(1)))).toThrow(SerializationError);
    expect(load((state) => state.delete('exp_avg.bias'))).toThrow(
      'Expected `exp_avg.bias` of shape [1] but got none.',
    );
    expect(load((state) => state.set('exp_avg_sq.weight', tensor([1, 2])))).toThrow(
      'Expected `exp_avg_sq.weight` of shape [3] but got [2].',
    );
    expect(values(optimizer.state())).toEqual(before);
  });

  test('forgets gradients', () => {
    const own = parameters();
    const optimizer = new AdamW([{ parameters: own, weightDecay: 0 }]);
    step(optimizer, own, 0);
    optimizer.zeroGrad();
    expect([...own.values()].map((parameter) => parameter.grad)).toEqual([undefined, undefined]);
  });

  test('refuses a name in two groups', () => {
    const group = { parameters: parameters(), weightDecay: 0 };
    expect(() => new AdamW([group, group])).toThrow(TorchError);
  });

  test('holds nothing after a step but its moments', () => {
    const own = parameters();
    const optimizer = new AdamW([{ parameters: own, weightDecay: 0.1 }]);
    step(optimizer, own, 0);
    const before = memory();
    step(optimizer, own, 1);
    expect(memory().tensors).toBe(before.tensors);
    // The C library rounds the size of a block up, not always alike.
    expect(Math.abs(memory().bytes - before.bytes)).toBeLessThan(256);
  });
});

interface Published {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay_of_matrix: number;
  readonly weight_decay_of_vector: number;
  readonly lr_per_step: readonly number[];
  readonly tolerance: number;
}

describe('AdamW as published', () => {
  test('makes the same five steps', () => {
    const published = fixtureCase<Published>('util', 'adamw');
    const { tensors } = readSafetensors(fixturePath('util/adamw.safetensors'));
    const at = (name: string) => tensors.get(name) as Tensor;
    const matrix = new Parameter(at('matrix.0').clone());
    const vector = new Parameter(at('vector.0').clone());
    const optimizer = new AdamW(
      [
        {
          parameters: new Map([['matrix', matrix]]),
          weightDecay: published.weight_decay_of_matrix,
        },
        {
          parameters: new Map([['vector', vector]]),
          weightDecay: published.weight_decay_of_vector,
        },
      ],
      { betas: published.betas, epsilon: published.eps },
    );
    for (const [i, rate] of published.lr_per_step.entries()) {
      matrix.grad = at(`matrix.grad.${i + 1}`);
      vector.grad = at(`vector.grad.${i + 1}`);
      optimizer.step(rate);
      const state = optimizer.state();
      for (const [name, parameter] of Object.entries({ matrix, vector })) {
        expectClose(parameter, at(`${name}.${i + 1}`), { atol: 0 });
        for (const kind of ['exp_avg', 'exp_avg_sq']) {
          expectClose(state.get(`${kind}.${name}`) as Tensor, at(`${name}.${kind}.${i + 1}`), {
            atol: 0,
          });
        }
      }
    }
  });
});
