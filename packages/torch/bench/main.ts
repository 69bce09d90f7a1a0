/**
 * Measures the cost of the binding: one operator call, the exchange with typed arrays, an AdamW
 * step. Also measures the savings of the kernels. Run: npm run bench -w packages/torch [-- --json]
 */
import {
  engine,
  linear,
  ones,
  rand,
  scope,
  setThreads,
  type Tensor,
  tensor,
  zeros,
} from '../src/index.js';
import { composedCrossAttention, composedSelfAttention } from '../src/nn/attention.js';
import { crossAttention, Linear, Parameter, selfAttention } from '../src/nn/index.js';
import { AdamW } from '../src/optim/index.js';
import { measure, type Timing } from './measure.js';
import { compared, type Row, rate, time } from './rows.js';
import { visionKernels } from './vision.js';

setThreads();

function operatorCalls(): Row[] {
  const [a, b] = [ones([4]), ones([4])];
  const calls = 1000;
  const perCall = ({ median, spread }: Timing) => ({
    median: median / calls,
    spread: spread / calls,
  });
  const disposed = measure(50, calls, () => a.add(b).dispose());
  const scoped = measure(50, 1, () =>
    scope(() => {
      for (let i = 0; i < calls; i++) a.add(b);
    }),
  );
  return [
    time('add of 4 elements, disposed by hand', 'µs', disposed),
    time('add of 4 elements, freed by a scope', 'µs', perCall(scoped)),
  ];
}

function exchange(): Row[] {
  const array = new Float32Array(2 ** 24);
  const [made, small] = [zeros([array.length]), zeros([1024])];
  const bytes = array.byteLength;
  return [
    rate(
      'typed array to tensor, copied',
      bytes,
      measure(10, 1, () => tensor(array).dispose()),
    ),
    rate(
      'tensor to typed array, copied',
      bytes,
      measure(10, 1, () => made.toArray()),
    ),
    time(
      'tensor as typed array, not copied',
      'µs',
      measure(50, 100, () => small.data()),
    ),
  ];
}

/** 30 M parameters in the sizes of a small Swin: matrices of 0.15 to 2.4 M and their biases. */
function optimizerStep(): Row[] {
  const sides = [384, 768, 1536];
  const parameters = new Map<string, Parameter>();
  for (let elements = 0; elements < 30e6; ) {
    const side = sides[parameters.size % sides.length] ?? 384;
    const weight = new Parameter(rand([side, side]));
    weight.grad = rand([side, side]);
    parameters.set(`${parameters.size}`, weight);
    elements += weight.elements;
  }
  const elements = [...parameters.values()].reduce((sum, { elements: own }) => sum + own, 0);
  const optimizer = new AdamW([{ parameters, weightDecay: 0.05 }]);
  const step = measure(7, 1, () => optimizer.step(1e-4));

  // Parameters, gradients and both moments are read, all but the gradients written: 7 streams; a
  // copy has 2.
  const source = rand([Math.round(3.5 * elements)]);
  const target = zeros([source.elements]);
  const copy = measure(7, 1, () => target.copy_(source));
  const name = `${(elements / 1e6).toFixed(1)} M parameters`;
  return [
    time(`AdamW step of ${name}`, 'ms', step),
    time('a copy that moves the same bytes', 'ms', copy),
    { name: 'step / copy', unit: 'x', median: step.median / copy.median, spread: 0 },
  ];
}

/** Forward and backward, at sizes of batches of 16 images of 256 pixels. */
function attentionKernels(): Row[] {
  const decoder = rand([16, 256, 3, 16, 32]);
  const [query, keyValue] = [rand([16, 1024, 1, 64]), rand([16, 64, 2, 1, 64])];
  for (const input of [decoder, query, keyValue]) input.requiresGrad = true;
  const pass = (compute: () => Tensor) =>
    measure(7, 1, () => scope(() => compute().sum().backward()));
  return [
    ...compared('attention of 256 tokens', {
      kernel: pass(() => selfAttention(decoder)),
      composition: pass(() => composedSelfAttention(decoder)),
    }),
    ...compared('attention of 1024 to 64 tokens', {
      kernel: pass(() => crossAttention(query, keyValue)),
      composition: pass(() => composedCrossAttention(query, keyValue)),
    }),
  ];
}

/** Forward and backward of the widening layer of Swin-T's first stage, for 16 compact images. */
function linearKernel(): Row[] {
  const layer = new Linear(96, 384);
  const x = rand([16384, 96]);
  x.requiresGrad = true;
  const pass = (compute: () => Tensor) =>
    measure(15, 1, () => scope(() => compute().sum().backward()));
  return compared('linear layer, 16384 x 96 to 384', {
    kernel: pass(() => layer.forward(x)),
    composition: pass(() => linear(x, layer.weight, { bias: layer.bias })),
  });
}

function main(flags: readonly string[]): void {
  const rows = [
    ...operatorCalls(),
    ...exchange(),
    ...optimizerStep(),
    ...attentionKernels(),
    ...linearKernel(),
    ...visionKernels(),
  ];
  const { version, threads } = engine();
  if (flags.includes('--json')) {
    console.log(JSON.stringify({ libtorch: version, threads, rows }, null, 2));
    return;
  }
  console.log(`libtorch ${version}, ${threads} threads; median and distance of the quartiles\n`);
  for (const { name, unit, median, spread } of rows) {
    const value = `${median.toFixed(2).padStart(9)} ±${spread.toFixed(2).padStart(7)} ${unit}`;
    console.log(`${name.padEnd(40)} ${value}`);
  }
}

main(process.argv.slice(2));
