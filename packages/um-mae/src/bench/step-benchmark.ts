/** How fast training steps are here, beside what the machine's matrix products could do. */
import { Generator, randn, scope } from '@um-mae/torch';
import { type Module, type OperatorTime, profile } from '@um-mae/torch/nn';
import { trainingFlops } from '../objectives/arithmetic.js';
import type { PretrainRecipe } from '../recipes/pretrain-recipe.js';
import { PretrainTask } from '../tasks/pretrain/pretrain-task.js';
import { Trainer } from '../training/trainer.js';
import { median, timed } from './timing.js';

export interface StepBenchmarkOptions {
  readonly recipe: PretrainRecipe;
  readonly device: string;
  /** Steps before the counted ones: first touches of memory, and libtorch's own caches. */
  readonly warmup: number;
  /** Counted steps, at least one. */
  readonly steps: number;
  /** Is told the seconds of every step. */
  readonly onStep?: (seconds: number, counted: boolean) => void;
}

/** Where the time of one step goes. */
export interface StepProfile {
  readonly seconds: number;
  /** From the longest to the shortest. */
  readonly operators: readonly Share[];
  /** The same by module, blocks of one list together. */
  readonly modules: readonly Share[];
}

export interface Share {
  readonly name: string;
  readonly backward: boolean;
  /** Without what it calls. */
  readonly seconds: number;
  readonly calls: number;
  /** Of the tensors that it makes. */
  readonly bytes: number;
}

export interface StepBenchmark {
  /** Median over the counted steps: forward, backward and optimizer. */
  readonly stepSeconds: number;
  readonly imagesPerSecond: number;
  /** Floating-point operations of the model's matrix products, per second. */
  readonly flopsPerSecond: number;
  /** The same of one large square product, the best of several before and after the steps. */
  readonly matmulPeakFlops: number;
  readonly peakFraction: number;
}

/** Runs training steps on random pixels, as `Trainer` takes them, without loading any image. */
export function benchmarkSteps(options: StepBenchmarkOptions): StepBenchmark {
  const { recipe, device, warmup, steps, onStep } = options;
  const { batchSize } = recipe;
  const { step } = stepsOf(recipe, device);
  const peakBefore = matmulPeak(recipe, device);

  const seconds: number[] = [];
  for (let i = 0; i < warmup + steps; i++) {
    const took = timed(device, step);
    if (i >= warmup) seconds.push(took);
    onStep?.(took, i >= warmup);
  }

  const stepSeconds = median(seconds);
  const matmulPeakFlops = Math.max(peakBefore, matmulPeak(recipe, device));
  const flopsPerSecond = (trainingFlops(recipe) * batchSize) / stepSeconds;
  return {
    stepSeconds,
    imagesPerSecond: batchSize / stepSeconds,
    flopsPerSecond,
    matmulPeakFlops,
    peakFraction: flopsPerSecond / matmulPeakFlops,
  };
}

/** Profiles one step after the warm-up, as `benchmarkSteps` runs them. */
export function profileStep(options: Omit<StepBenchmarkOptions, 'steps' | 'onStep'>): StepProfile {
  const { recipe, device, warmup } = options;
  const { model, step } = stepsOf(recipe, device);
  for (let i = 0; i < warmup; i++) step();
  let seconds = 0;
  const times = profile(model, () => {
    seconds = timed(device, step);
  });
  const blocks = (path: string) => path.replace(/\.\d+(?=\.|$)/g, '.*');
  return {
    seconds,
    operators: shares(times, ({ operator }) => operator),
    modules: shares(times, ({ module }) => (module === '' ? '(outside)' : blocks(module))),
  };
}

/** A model, and what trains it for one step on the same random pixels. */
function stepsOf(
  recipe: PretrainRecipe,
  device: string,
): { readonly model: Module; readonly step: () => void } {
  const { batchSize, image } = recipe;
  const trainer = new Trainer(new PretrainTask(recipe), device);
  const pixels = randomPixels(batchSize * image.height * image.width * 3);
  const indices = Array.from({ length: batchSize }, (_, index) => index);
  const step = () => {
    trainer.accumulate({ pixels, indices });
    trainer.update(1e-4);
  };
  return { model: trainer.model, step };
}

function shares(times: readonly OperatorTime[], nameOf: (time: OperatorTime) => string): Share[] {
  const sums = new Map<string, Share>();
  for (const time of times) {
    const { backward, calls, seconds, bytes } = time;
    const name = nameOf(time);
    const key = `${backward} ${name}`;
    const sum = sums.get(key) ?? { name, backward, seconds: 0, calls: 0, bytes: 0 };
    sums.set(key, {
      ...sum,
      seconds: sum.seconds + seconds,
      calls: sum.calls + calls,
      bytes: sum.bytes + bytes,
    });
  }
  return [...sums.values()].sort((a, b) => b.seconds - a.seconds);
}

function randomPixels(count: number): Uint8Array {
  return scope(() => {
    const values = randn([count], { generator: new Generator(0) })
      .mul(50)
      .add(128);
    return values.clamp({ min: 0, max: 255 }).to('u8').toArray() as Uint8Array;
  });
}

/** Operations per second of a product of two square matrices in the recipe's precision. */
function matmulPeak({ precision }: PretrainRecipe, device: string): number {
  const side = device === 'cpu' ? 2048 : 8192;
  return scope(() => {
    const square = randn([side, side], { dtype: precision, device });
    const rates = Array.from(
      { length: 8 },
      () => (2 * side ** 3) / timed(device, () => square.mm(square).dispose()),
    );
    return Math.max(...rates);
  });
}
