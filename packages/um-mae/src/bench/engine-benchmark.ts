/** Measures a classifier's evaluation and one operator call, with our kernels and without. */
import { Generator, noGrad, ones, randn, scope, useKernels } from '@um-mae/torch';
import type { BackboneOptions } from '../backbones/families.js';
import { Classifier } from '../heads/classifier.js';
import { median } from './median.js';
import { timed } from './timing.js';

export interface EngineBenchmark {
  /** Median of one operator call: `add` of 4 elements, its wrapper and disposal included. */
  readonly callSeconds: number;
  /** The time of a batch's forward pass through a classifier, on random pixels. */
  readonly forwardSeconds: number;
  /** The same out of libtorch's own operators. */
  readonly composedForwardSeconds: number;
}

export interface EngineBenchmarkOptions {
  readonly backbone: BackboneOptions;
  /** Side of the images, in pixels. */
  readonly imageSize: number;
  readonly batchSize: number;
  /** Passes that count, of either kind. */
  readonly counted: number;
}

/** Takes turns between the kernels and their compositions; kernels are on afterwards. */
export function benchmarkEngine(options: EngineBenchmarkOptions): EngineBenchmark {
  const { backbone, imageSize, batchSize, counted } = options;
  const generator = new Generator(0);
  const image = { height: imageSize, width: imageSize };
  const model = new Classifier(
    { backbone, image, headPooling: 'mean', classes: 1000 },
    { generator },
  );
  const forward = (kernels: boolean) => {
    useKernels(kernels);
    return timed('cpu', () => scope(() => void noGrad(() => model.forward(images))));
  };
  const images = randn([batchSize, 3, imageSize, imageSize], { generator });
  const rounds = Array.from({ length: counted + 1 }, () => [forward(false), forward(true)]);
  images.dispose();
  // The first round touches memory for the first time.
  const of = (kind: 0 | 1) => median(rounds.slice(1).map((round) => round[kind] ?? Number.NaN));
  return {
    callSeconds: callSeconds(),
    forwardSeconds: of(1),
    composedForwardSeconds: of(0),
  };
}

function callSeconds(): number {
  const calls = 1000;
  using four = ones([4]);
  const body = () => {
    for (let call = 0; call < calls; call++) four.add(four).dispose();
  };
  body();
  return median(Array.from({ length: 50 }, () => timed('cpu', body))) / calls;
}
