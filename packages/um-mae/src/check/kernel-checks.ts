/** Operators with kernels, each against its composition of libtorch's operators in f32. */
import { Generator, noGrad, randn, type Tensor, useKernels } from '@um-mae/torch';
import { autocast } from '@um-mae/torch/amp';
import { LayerNorm, Linear, type Module } from '@um-mae/torch/nn';
import { AdamW } from '@um-mae/torch/optim';
import { fullPositions } from '../backbones/parts/grid/patch-grid.js';
import { windowing } from '../backbones/parts/grid/windows.js';
import { positionPairs } from '../backbones/swin/position-bias.js';
import { composedWindowAttention, windowAttention } from '../backbones/swin/window-attention.js';
import { UmMaeError } from '../errors.js';
import { attempt, type Check, check, distance } from './check.js';

/** An operator on random inputs: its result, and the gradients of all that it takes. */
interface OperatorCase {
  readonly name: string;
  /**
   * Runs the operator with a kernel, where the device has it, or without; under autocast to bf16
   * where `half`.
   */
  readonly run: (options: { readonly on: boolean; readonly half: boolean }) => Tensor[];
}

/** Relative, in the norm. */
const allowed = { f32: 1e-4, bf16: 2e-2 };

export function* kernelChecks(device: string): Iterable<Check> {
  const cases = [
    ...windowCases.map((geometry) => windowCase(device, geometry)),
    ...normShapes.map((shape) => normCase(device, shape)),
    geluCase(device),
    adamCase(device),
  ];
  for (const { name, run } of cases) {
    for (const half of name === adamName ? [false] : [false, true]) {
      const precision = half ? 'bf16' : 'f32';
      const subject = { what: name, precision };
      yield* attempt(subject, () => {
        const expected = withKernels(false, () => run({ on: false, half: false }));
        const found = withKernels(true, () => run({ on: true, half }));
        const distances = found.map((ours, i) => {
          const theirs = expected[i];
          return theirs ? distance(ours, theirs) : Number.NaN;
        });
        return [check(subject, Math.max(...distances), allowed[precision])];
      });
    }
  }
}

export function withKernels<Result>(on: boolean, body: () => Result): Result {
  useKernels(on);
  try {
    return body();
  } finally {
    useKernels(true);
  }
}

interface WindowGeometry {
  readonly size: readonly [height: number, width: number];
  readonly window: number;
  readonly shifted: boolean;
  readonly heads: number;
}

const windowCases: readonly WindowGeometry[] = [
  { size: [16, 16], window: 8, shifted: false, heads: 3 },
  { size: [16, 16], window: 8, shifted: true, heads: 6 },
  { size: [4, 4], window: 4, shifted: false, heads: 24 },
  { size: [32, 32], window: 16, shifted: true, heads: 3 },
  { size: [12, 8], window: 4, shifted: true, heads: 2 },
];

function windowCase(
  device: string,
  { size, window, shifted, heads }: WindowGeometry,
): OperatorCase {
  const [height, width] = size;
  const windows = windowing([height, width], window, shifted);
  const name = `attention in ${shifted ? 'shifted ' : ''}windows of ${window} in ${size.join('x')}`;
  const run: OperatorCase['run'] = ({ on, half }) => {
    const generator = new Generator(1);
    const random = (shape: readonly number[]) => randn(shape, { generator }).to(device);
    const pairs = positionPairs(
      { positions: fullPositions(height, width, device), scale: 1 },
      windows,
    );
    const qkv = leaf(random([2, height, width, 3 * heads * 32]).to(half ? 'bf16' : 'f32'));
    const table = leaf(random([heads, pairs.differences.elements / 2]));
    const up = random([2, height, width, heads * 32]);
    const attend = on ? windowAttention : composedWindowAttention;
    const result = inPrecision(device, half, () => attend(qkv, table, { windows, pairs }));
    result.to('f32').mul(up).sum().backward();
    return [result, gradient(qkv), gradient(table)];
  };
  return { name, run };
}

const normShapes = [
  [1000, 96],
  [77, 512],
  [5, 1536],
] as const;

function normCase(device: string, [rows, channels]: readonly [number, number]): OperatorCase {
  const run: OperatorCase['run'] = ({ half }) => {
    const generator = new Generator(2);
    const norm = new LayerNorm(channels);
    norm.weight.detach().uniform_({ from: 0.5, to: 1.5, generator });
    norm.to(device);
    const x = leaf(randn([rows, channels], { generator }).mul(2).add(1).to(device));
    const up = randn([rows, channels], { generator }).to(device);
    const result = inPrecision(device, half, () => norm.forward(x));
    result.to('f32').mul(up).sum().backward();
    const unrecorded = noGrad(() => inPrecision(device, half, () => norm.forward(x)));
    return [result, unrecorded, gradient(x), ...gradients(norm)];
  };
  return { name: `layer norm of ${rows}x${channels}`, run };
}

function geluCase(device: string): OperatorCase {
  const run: OperatorCase['run'] = ({ half }) => {
    const generator = new Generator(3);
    const layer = new Linear(384, 96, { generator });
    layer.to(device);
    const x = leaf(randn([16, 100, 384], { generator }).to(device));
    const up = randn([16, 100, 96], { generator }).to(device);
    const result = inPrecision(device, half, () => layer.forwardGelu(x));
    result.to('f32').mul(up).sum().backward();
    return [result, gradient(x), ...gradients(layer)];
  };
  return { name: 'linear layer of GELU', run };
}

const adamName = 'AdamW';

/** Three steps of many parameters. */
function adamCase(device: string): OperatorCase {
  const run = () => {
    const generator = new Generator(4);
    const sizes = [1, 17, 1000, 4096];
    const named = sizes.map(
      (size) => [`${size}`, leaf(randn([size], { generator }).to(device))] as const,
    );
    const parameters = new Map(named);
    const optimizer = new AdamW([{ parameters, weightDecay: 0.05 }]);
    for (let step = 0; step < 3; step++) {
      for (const parameter of parameters.values())
        parameter.grad = randn(parameter.shape, { generator }).to(device);
      optimizer.step(1e-3);
    }
    return [...parameters.values()];
  };
  return { name: adamName, run };
}

export function leaf(tensor: Tensor): Tensor {
  const detached = tensor.detach();
  detached.requiresGrad = true;
  return detached;
}

export function gradient({ grad }: Tensor): Tensor {
  if (grad) return grad;
  throw new UmMaeError('check', 'Expected a gradient but got none.');
}

function gradients(module: Module): Tensor[] {
  return [...module.namedParameters().values()].map(gradient);
}

function inPrecision(device: string, half: boolean, body: () => Tensor): Tensor {
  return half ? autocast({ device, dtype: 'bf16' }, body) : body();
}
