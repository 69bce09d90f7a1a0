import { describe, expect, test } from 'vitest';
import { autocast } from '../../amp/autocast.js';
import { ones, zeros } from '../../generated/operators.js';
import { AdamW } from '../../optim/adamw.js';
import { noGrad } from '../../tensor/autograd.js';
import { scope } from '../../tensor/scope.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** Doubles its weight, and counts how often. */
class Doubling extends Module {
  readonly weight = new Parameter(ones([2]));
  times = 0;

  forward(key = 'only'): Tensor {
    const { weight } = this;
    const compute = () => {
      this.times++;
      return weight.mul(2);
    };
    return this.constant('double', { key, device: 'cpu', weights: [weight], compute });
  }
}

function evaluated(module: Doubling, key?: string): number[] {
  return scope(() => [...(noGrad(() => module.forward(key)).toArray() as Float32Array)]);
}

describe('a constant of a module', () => {
  test('is computed once in evaluation, and outlives scopes', () => {
    const module = new Doubling().eval();
    expect([evaluated(module), evaluated(module)]).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(module.times).toBe(1);
  });

  test('is computed every time in training and where gradients are recorded', () => {
    const training = new Doubling();
    evaluated(training);
    evaluated(training);
    expect(training.times).toBe(2);
    const module = new Doubling().eval();
    evaluated(module);
    expect(module.forward().requiresGrad).toBe(true);
    expect(module.times).toBe(2);
  });

  test('follows its weight, whatever writes to it', () => {
    const module = new Doubling().eval();
    const changes = [
      () => noGrad(() => module.weight.fill_(3)),
      () => module.loadState(new Map([['weight', zeros([2])]])),
      () => {
        module.weight.grad = ones([2]);
        const parameters = new Map([['weight', module.weight]]);
        new AdamW([{ parameters, weightDecay: 0 }]).step(1);
      },
      () => module.to('f64').to('f32'),
    ];
    for (const change of changes) {
      evaluated(module);
      change();
      const [weight = Number.NaN] = module.weight.toArray() as Float32Array;
      expect(evaluated(module)).toEqual([2 * weight, 2 * weight]);
    }
  });

  test('is that of its key and of the precision', () => {
    const module = new Doubling().eval();
    evaluated(module, 'one');
    evaluated(module, 'other');
    expect(module.times).toBe(2);
    autocast({ device: 'cpu', dtype: 'bf16' }, () => evaluated(module, 'other'));
    expect(module.times).toBe(3);
  });

  test('is forgotten when the module begins to train or to evaluate', () => {
    const module = new Doubling().eval();
    evaluated(module);
    module.train().eval();
    evaluated(module);
    expect(module.times).toBe(2);
  });
});
