import { describe, expect, test } from 'vitest';
import { memory } from '../../device/memory.js';
import { ones } from '../../generated/operators.js';
import { Tensor } from '../../tensor/tensor.js';
import { expectClose } from '../../testing/index.js';
import { Relu } from '../layers/activation.js';
import { LayerNorm } from '../layers/normalisation/layer-norm.js';
import { Module } from './module.js';
import { type ModuleCall, observing } from './observing.js';

class Inner extends Module {
  readonly acts = [new Relu(), new Relu()];

  forward(x: Tensor, factor: number): Tensor {
    return this.acts.reduce((value, act) => act.forward(value), x.mul(factor));
  }
}

class Outer extends Module {
  readonly inner = new Inner();
  readonly norm = new LayerNorm(4);

  override *children(): ReturnType<Module['children']> {
    for (const [name, child] of super.children()) yield [child === this.inner ? '' : name, child];
  }

  forward(x: Tensor): Tensor {
    return this.norm.forward(this.inner.forward(x, -2)).sum();
  }
}

describe('observing', () => {
  test('tells every call by the path of the module, those inside first', () => {
    const model = new Outer();
    const calls: ModuleCall[] = [];
    const result = observing(
      model,
      (call) => {
        if (call.output instanceof Tensor) call.output.keep();
        calls.push(call);
      },
      () => model.forward(ones([2, 4])),
    );
    expect(calls.map(({ path }) => path)).toEqual(['acts.0', 'acts.1', '', 'norm', '']);
    expect(calls.map(({ module }) => module)).toEqual([
      ...model.inner.acts,
      model.inner,
      model.norm,
      model,
    ]);
    expect(calls[2]?.inputs[1]).toBe(-2);
    expectClose(calls[2]?.output as Tensor, ones([2, 4]).mul(0), { atol: 0 });
    expect(calls.at(-1)?.output).toBe(result);
  });

  test('changes no value, keeps no tensor, and leaves the model as it was, also after an error', () => {
    const model = new Outer();
    const { forward } = model;
    const x = ones([2, 4]);
    const before = memory().tensors;
    observing(
      model,
      () => {},
      () => model.forward(x),
    ).dispose();
    expect(memory().tensors).toBe(before);
    const stop = () => {
      throw new RangeError('stop');
    };
    expect(() => observing(model, stop, () => model.forward(x))).toThrow(RangeError);
    expect(model.forward).toBe(forward);
  });

  test('may be nested', () => {
    const model = new Outer();
    const paths: string[] = [];
    const note = ({ path }: ModuleCall) => paths.push(path);
    observing(model, note, () => observing(model.inner, note, () => model.forward(ones([1, 4]))));
    expect(paths.filter((path) => path === 'acts.0')).toHaveLength(2);
    expect(paths.filter((path) => path === 'norm')).toHaveLength(1);
  });
});
