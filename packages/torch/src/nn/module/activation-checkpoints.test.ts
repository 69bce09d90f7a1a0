import { describe, expect, test } from 'vitest';
import { memory } from '../../device/memory.js';
import { Generator } from '../../device/random.js';
import { ones, randn } from '../../generated/operators.js';
import { noGrad } from '../../tensor/autograd.js';
import { scope } from '../../tensor/scope.js';
import type { Tensor } from '../../tensor/tensor.js';
import { expectClose } from '../../testing/expect-close.js';
import { DropPath } from '../layers/dropout/drop-path.js';
import { Linear } from '../layers/linear.js';
import { ActivationCheckpoints } from './activation-checkpoints.js';
import { Module } from './module.js';

interface Context {
  readonly scale: { readonly by: Tensor };
}

class Block extends Module {
  readonly fc: Linear;
  readonly dropPath = new DropPath(0.5);

  constructor(generator: Generator) {
    super();
    this.fc = new Linear(4, 4, { generator });
    this.dropPath.generator = generator;
  }

  forward(x: Tensor, { scale }: Context): Tensor {
    return x.add(this.dropPath.forward(this.fc.forward(x).mul(scale.by).gelu()));
  }
}

class Network extends Module {
  readonly embed: Linear;
  readonly blocks: readonly Block[];
  checkpoints: ActivationCheckpoints | undefined;

  constructor(generator: Generator) {
    super();
    this.embed = new Linear(3, 4, { generator });
    this.blocks = [1, 2, 3].map(() => new Block(generator));
  }

  forward(input: Tensor): Tensor {
    let x = this.embed.forward(input);
    const maps: Tensor[] = [];
    for (const block of this.blocks) {
      const context = { scale: { by: ones([4], { dtype: x.dtype }).mul(2) } };
      const { checkpoints } = this;
      x = checkpoints
        ? checkpoints.run((y, c: Context) => block.forward(y, c), x, context)
        : block.forward(x, context);
      maps.push(x);
    }
    // The first output is used twice.
    return x.mul(maps[0] ?? x).mean();
  }
}

function gradients(dtype: 'f32' | 'f64', isCheckpointed: boolean) {
  const generator = new Generator(3);
  const network = new Network(generator).to(dtype);
  const checkpoints = new ActivationCheckpoints({ generator });
  if (isCheckpointed) network.checkpoints = checkpoints;
  const input = randn([6, 3], { generator: new Generator(4), dtype });
  const loss = scope(() => {
    const value = network.forward(input);
    if (isCheckpointed) checkpoints.backward(value);
    else value.backward();
    return value.number();
  });
  return { loss, network, state: generator.state };
}

describe('ActivationCheckpoints', () => {
  test.each(['f32', 'f64'] as const)('gives the gradients of the plain pass in %s', (dtype) => {
    const plain = gradients(dtype, false);
    const checkpointed = gradients(dtype, true);
    expect(checkpointed.loss).toBe(plain.loss);
    expect(checkpointed.state).toEqual(plain.state);
    const own = checkpointed.network.namedParameters();
    for (const [name, parameter] of plain.network.namedParameters()) {
      const found = own.get(name)?.grad;
      expect(found, name).toBeDefined();
      if (found && parameter.grad) expectClose(found, parameter.grad, { atol: 1e-6 });
    }
  });

  test('leaves no tensor behind', () => {
    const { network } = gradients('f32', true);
    const input = randn([6, 3], { generator: new Generator(4) });
    const step = () =>
      scope(() => network.checkpoints?.backward(network.forward(input)) ?? undefined);
    step();
    const before = memory();
    for (let i = 0; i < 20; i++) step();
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
  });

  test('does nothing where no gradients are recorded', () => {
    const checkpoints = new ActivationCheckpoints();
    const x = ones([2]);
    noGrad(() => expect(checkpoints.run((y) => y, x)).toBe(x));
  });
});
