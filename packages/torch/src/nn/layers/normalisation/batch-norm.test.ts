import { describe, expect, test } from 'vitest';
import { Generator } from '../../../device/random.js';
import { randn } from '../../../generated/operators.js';
import { noGrad } from '../../../tensor/autograd.js';
import { expectClose } from '../../../testing/expect-close.js';
import { gradcheck } from '../../../testing/gradcheck.js';
import { BatchNorm2d } from './batch-norm.js';
import { GroupNorm } from './group-norm.js';

const generator = new Generator(0);
const x = randn([3, 4, 5, 2], { generator }).mul(2).add(1);

describe('BatchNorm2d', () => {
  test('normalises by the batch in training, and moves its running statistics by a tenth', () => {
    const norm = new BatchNorm2d(4);
    const y = norm.forward(x);
    expectClose(y.mean([0, 2, 3]), [0, 0, 0, 0], { atol: 1e-6 });
    expectClose(norm.running_mean, x.mean([0, 2, 3]).mul(0.1), { atol: 1e-6 });
    const unbiased = x.transpose(0, 1).reshape([4, -1]).var(1);
    expectClose(norm.running_var, unbiased.mul(0.1).add(0.9), { atol: 1e-5 });
    expect(norm.num_batches_tracked.number()).toBe(1);
  });

  test('normalises by its running statistics in evaluation, and leaves them', () => {
    const norm = new BatchNorm2d(4).eval();
    noGrad(() => norm.running_mean.fill_(1));
    expectClose(norm.forward(x), x.sub(1), { atol: 1e-4 });
    expect(norm.num_batches_tracked.number()).toBe(0);
  });

  test('normalises by its running statistics in training, and leaves them, where it is frozen', () => {
    const norm = new BatchNorm2d(4, { frozen: true });
    noGrad(() => norm.running_mean.fill_(1));
    expectClose(norm.forward(x), x.sub(1), { atol: 1e-4 });
    expect(norm.num_batches_tracked.number()).toBe(0);
    expectClose(norm.running_var, [1, 1, 1, 1], { atol: 0 });
  });

  test('uses its running statistics for a single value, which has no variance', () => {
    const norm = new BatchNorm2d(4);
    const y = norm.forward(x.narrow(0, 0, 1).mean([2, 3]).view([1, 4, 1, 1]));
    expect(y.isfinite().all().item()).toBe(true);
    expect(norm.num_batches_tracked.number()).toBe(0);
    expectClose(norm.running_var, [1, 1, 1, 1], { atol: 0 });
  });

  test('lists its statistics in the state, and not among the parameters', () => {
    const norm = new BatchNorm2d(2);
    const names = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
    expect([...norm.state().keys()]).toEqual(names);
    expect([...norm.namedParameters().keys()]).toEqual(['weight', 'bias']);
  });

  test('has the gradients of finite differences', () => {
    const norm = new BatchNorm2d(4).to('f64');
    gradcheck(() => norm.forward(wide), [wide, norm.weight, norm.bias]);
  });
});

const wide = x.to('f64');

describe('GroupNorm', () => {
  test('normalises the groups of each image', () => {
    const y = new GroupNorm(2, 4).forward(x);
    expectClose(
      y.reshape([3, 2, -1]).mean([2]),
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      { atol: 1e-6 },
    );
  });

  test('has the gradients of finite differences', () => {
    const norm = new GroupNorm(2, 4).to('f64');
    gradcheck(() => norm.forward(wide), [wide, norm.weight, norm.bias]);
  });
});
