import { describe, expect, test } from 'vitest';
import { ShapeError, TorchError } from '../addon/errors.js';
import { enableGrad, gradients, isGradEnabled, noGrad } from './autograd.js';
import { type Tensor, tensor } from './tensor.js';

function leaf(values: number[]): Tensor {
  const made = tensor(values);
  made.requiresGrad = true;
  return made;
}

const values = (made: Tensor | undefined) => made && [...made.toArray()];

describe('Tensor.backward', () => {
  test('adds to the gradients of leaves', () => {
    const x = leaf([1, 2]);
    expect(x.grad).toBeUndefined();
    x.square().sum().backward();
    expect(values(x.grad)).toEqual([2, 4]);
    x.square().sum().backward();
    expect(values(x.grad)).toEqual([4, 8]);
  });

  test('starts from a given gradient', () => {
    const x = leaf([1, 2]);
    x.mul(3).backward({ gradient: tensor([1, 10]) });
    expect(values(x.grad)).toEqual([3, 30]);
  });

  test('runs once, unless the graph is retained', () => {
    const x = leaf([1]);
    const y = x.square();
    y.backward({ retainGraph: true });
    y.backward();
    expect(values(x.grad)).toEqual([4]);
    expect(() => y.backward()).toThrow(/second time/);
  });

  test('refuses several elements without a gradient, and what needs none', () => {
    expect(() => leaf([1, 2]).mul(2).backward()).toThrow(TorchError);
    expect(() => tensor([1]).backward()).toThrow(TorchError);
  });
});

describe('Tensor.grad', () => {
  test('can be set and cleared', () => {
    const x = leaf([1, 2]);
    x.grad = tensor([5, 6]);
    expect(values(x.grad)).toEqual([5, 6]);
    x.grad = undefined;
    expect(x.grad).toBeUndefined();
  });

  test('has the shape of its tensor', () => {
    const x = leaf([1, 2]);
    expect(() => {
      x.grad = tensor([1]);
    }).toThrow(new ShapeError('a gradient', '[2]', [1]));
  });

  test('refuses a disposed one', () => {
    const x = leaf([1]);
    const gradient = tensor([1]);
    void gradient.shape;
    gradient.dispose();
    expect(() => {
      x.grad = gradient;
    }).toThrow(/disposed/);
  });
});

describe('Tensor.requiresGrad', () => {
  test('is for leaves that are not integers', () => {
    expect(tensor([1]).requiresGrad).toBe(false);
    expect(leaf([1]).requiresGrad).toBe(true);
    expect(leaf([1]).mul(2).requiresGrad).toBe(true);
    expect(leaf([1]).detach().requiresGrad).toBe(false);
    expect(() => {
      tensor([1], { dtype: 'i64' }).requiresGrad = true;
    }).toThrow(TorchError);
  });
});

describe('noGrad and enableGrad', () => {
  test('switch recording, nest, and end with their body', () => {
    const x = leaf([1]);
    const [off, on] = noGrad(() => [x.mul(2), enableGrad(() => x.mul(2))]);
    expect([off.requiresGrad, on.requiresGrad]).toEqual([false, true]);
    expect(() =>
      noGrad(() => {
        throw new RangeError('inside');
      }),
    ).toThrow(RangeError);
    expect(isGradEnabled()).toBe(true);
  });
});

describe('gradients', () => {
  test('leaves grad alone and tells which inputs have no part', () => {
    const [x, y, other] = [leaf([2]), leaf([3]), leaf([4])];
    const results = gradients(x.mul(y), [x, y, other]);
    expect(results.map(values)).toEqual([[3], [2], undefined]);
    expect(x.grad).toBeUndefined();
  });

  test('starts from a given gradient', () => {
    const x = leaf([1, 2]);
    expect(gradients(x.square(), [x], tensor([1, 2])).map(values)).toEqual([[2, 8]]);
  });
});
