import { describe, expect, test } from 'vitest';
import { SerializationError } from '../../addon/errors.js';
import { memory } from '../../device/memory.js';
import { ones, zeros } from '../../generated/operators.js';
import { noGrad } from '../../tensor/autograd.js';
import { scope } from '../../tensor/scope.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Gelu } from '../layers/activation.js';
import { Linear } from '../layers/linear.js';
import { Sequential } from '../layers/sequential.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

class Block extends Module {
  readonly fc: Linear;
  readonly scale = new Parameter(ones([1]));
  /** Not the module's own. */
  readonly #hidden = new Linear(1, 1);

  constructor() {
    super();
    this.fc = new Linear(2, 2);
  }

  forward(x: Tensor): { output: Tensor; unused: number } {
    const hidden = this.fc.forward(x).mul(this.scale);
    return { output: hidden.add(x), unused: this.#hidden.modules.length };
  }
}

class Model extends Module {
  readonly norm = new Linear(1, 1, { bias: false });
  readonly blocks = [new Block(), new Block()];
  readonly head = new Sequential(new Linear(2, 3), new Gelu(), new Linear(3, 1));
  readonly positions = zeros([2], { dtype: 'i64' });
  readonly token = new Parameter(zeros([1, 2]));
  readonly nothing = undefined;
}

const names = (model: Module) => [...model.state().keys()];
const values = (model: Module) => [...model.state()].map(([, value]) => [...value.toArray()]);

describe('Module', () => {
  test("names its own tensors before its children's, by their path", () => {
    expect(names(new Model())).toEqual([
      'positions',
      'token',
      'norm.weight',
      'blocks.0.scale',
      'blocks.0.fc.weight',
      'blocks.0.fc.bias',
      'blocks.1.scale',
      'blocks.1.fc.weight',
      'blocks.1.fc.bias',
      'head.0.weight',
      'head.0.bias',
      'head.2.weight',
      'head.2.bias',
    ]);
  });

  test('tells parameters from buffers', () => {
    const model = new Model();
    expect([...model.namedParameters().keys()]).toEqual(
      names(model).filter((name) => name !== 'positions'),
    );
    expect(model.token.requiresGrad).toBe(true);
  });

  test('switches itself and all inside it between training and evaluation', () => {
    const model = new Model();
    model.eval();
    expect([...model.modules()].map((module) => module.training)).toEqual(
      new Array(10).fill(false),
    );
    model.train();
    expect(model.head.training).toBe(true);
  });

  test('frees what forward made, but its result', () => {
    const block = new Block();
    const x = ones([1, 2]);
    const before = memory().tensors;
    const { output } = noGrad(() => block.forward(x));
    expect(memory().tensors).toBe(before + 1);
    expect(output.disposed).toBe(false);
  });

  test('keeps its parameters when made inside a scope', () => {
    let block: Block | undefined;
    scope(() => {
      block = new Block();
    });
    expect(block?.fc.weight.disposed).toBe(false);
  });

  test('changes the element type of floating-point tensors, and moves them', () => {
    const model = new Model();
    const tensors = memory().tensors;
    model.token.sum().backward();
    model.to('f64');
    expect(model.token.dtype).toBe('f64');
    expect(model.token.requiresGrad).toBe(true);
    expect(model.positions.dtype).toBe('i64');
    model.token.sum().backward();
    expect(model.token.grad?.dtype).toBe('f64');
    model.to('cpu');
    expect(model.token.device).toBe('cpu');
    scope(() => model.to('f32'));
    expect(memory().tensors - tensors).toBeLessThan(8);
  });
});

describe('Module.loadState', () => {
  test('copies values by name', () => {
    const [from, to] = [new Model(), new Model()];
    const weight = to.head[0] as Linear;
    const report = to.loadState(from.state());
    expect(values(to)).toEqual(values(from));
    expect(weight.weight.requiresGrad).toBe(true);
    expect(report).toEqual({ matched: names(from), missing: [], unexpected: [] });
  });

  test.each<[string, (state: Map<string, Tensor>) => void, string]>([
    ['missing', (state) => state.delete('token'), '1 missing names: token.'],
    [
      'unexpected',
      (state) => state.set('decoder.weight', ones([1])),
      '1 unexpected names: decoder.weight.',
    ],
    [
      'of another shape',
      (state) => state.set('token', ones([2, 1])),
      '`token` of shape [1, 2] but got [2, 1].',
    ],
  ])('refuses what is %s, and copies nothing', (_, change, message) => {
    const [from, to] = [new Model(), new Model()];
    const before = values(to);
    const state = from.state();
    change(state);
    expect(() => to.loadState(state)).toThrow(SerializationError);
    expect(() => to.loadState(state)).toThrow(message);
    expect(values(to)).toEqual(before);
  });

  test('allows what it is told to, and reports it', () => {
    const [from, to] = [new Model(), new Model()];
    const state = from.state();
    state.delete('head.2.bias');
    state.set('decoder.weight', ones([1]));
    expect(to.loadState(state, { allow: ['head.', 'decoder'] })).toMatchObject({
      missing: ['head.2.bias'],
      unexpected: ['decoder.weight'],
    });
  });

  test('names at most five', () => {
    expect(() => new Model().loadState(new Map())).toThrow(
      '13 missing names: positions, token, norm.weight, blocks.0.scale, blocks.0.fc.weight, ....',
    );
  });
});

describe('Parameter', () => {
  test('takes over its source', () => {
    const source = ones([2]);
    const before = memory().tensors;
    const parameter = new Parameter(source);
    expect(source.disposed).toBe(true);
    expect(memory().tensors).toBe(before);
    expect(parameter.requiresGrad).toBe(true);
    expect(() => new Parameter(source)).toThrow(/disposed/);
  });
});

describe('Sequential', () => {
  test('applies its layers in order', () => {
    const model = new Sequential(new Linear(2, 3), new Gelu(), new Linear(3, 1));
    const [first, , last] = [model[0], model[1], model[2]] as [Linear, Gelu, Linear];
    const x = ones([1, 2]);
    expect(model.forward(x).equal(last.forward(first.forward(x).gelu()))).toBe(true);
  });
});
