/** Measures training steps, and the machine's matrix products beside them. */
import {
  canRecord,
  DeviceError,
  deviceMemory,
  Generator,
  productRates,
  randn,
  resetDevicePeakMemory,
  resolveDevice,
  scope,
  type TraceEvent,
  trace,
} from '@um-mae/torch';
import { type Module, type OperatorTime, profile } from '@um-mae/torch/nn';
import { batchOf } from '../data/loading/loader.js';
import { trainingFlops } from '../objectives/arithmetic.js';
import type { PretrainRecipe } from '../recipes/pretrain/pretrain-recipe.js';
import { PretrainTask } from '../tasks/pretrain/pretrain-task.js';
import { fitMemory } from '../training/steps/fit-memory.js';
import { type Precision, precisionOn } from '../training/steps/precision.js';
import { Trainer } from '../training/steps/trainer.js';
import { median } from './median.js';
import { timed } from './timing.js';

export interface StepBenchmarkOptions {
  readonly recipe: PretrainRecipe;
  readonly device: string;
  /** Steps before the counted ones: first touches of memory, and libtorch's own caches. */
  readonly warmup: number;
  /** Counted steps, at least one. */
  readonly steps: number;
  /** Whether a GPU records steps, where they allow it; default true. */
  readonly records?: boolean;
  /** Called with the seconds of every step. */
  readonly onStep?: (seconds: number, counted: boolean) => void;
}

/** The time of one step by operator and by module. */
export interface StepProfile {
  readonly seconds: number;
  /** The entries from the longest to the shortest. */
  readonly operators: readonly Share[];
  /** The same by module, blocks of one list together. */
  readonly modules: readonly Share[];
}

export interface Share {
  readonly name: string;
  readonly backward: boolean;
  /** The time without that of what it calls. */
  readonly seconds: number;
  readonly calls: number;
  /** The size of the tensors that it makes. */
  readonly bytes: number;
}

export interface StepBenchmark {
  /** The precision of matrix products; where the recipe says `auto`, the one that was chosen. */
  readonly precision: Precision;
  /** Most bytes of tensors on the GPU at once; null on the CPU. */
  readonly deviceMemoryBytes: number | null;
  /** Most bytes that the process has taken of the GPU for tensors; null on the CPU. */
  readonly reservedDeviceBytes: number | null;
  /** Median over the counted steps: forward, backward and optimizer. */
  readonly stepSeconds: number;
  readonly imagesPerSecond: number;
  /**
   * The same when steps are queued one behind the other, as training does, and waited for at the
   * end only.
   */
  readonly sustainedImagesPerSecond: number;
  /** Floating-point operations of the model's matrix products, per second. */
  readonly flopsPerSecond: number;
  /**
   * The same of the fastest of a few large products, by any library of this machine, before or
   * after the steps.
   */
  readonly matmulPeakFlops: number;
  readonly peakFraction: number;
}

/** Training steps that are to be measured. */
export interface MeasuredSteps {
  /** The recipe's batch size and precision. */
  readonly recipe: Pick<PretrainRecipe, 'batchSize' | 'precision'>;
  /** Makes a model, and what trains it for one step. */
  readonly prepare: () => PreparedSteps;
  /** Floating-point operations of one image's training step, known once steps were taken. */
  readonly flops: () => number;
}

/** A model, and what trains it for one step on the same random pixels. */
export interface PreparedSteps {
  readonly model: Module;
  readonly step: () => void;
}

/** Runs training steps on random pixels, as `Trainer` takes them, without loading any image. */
export function benchmarkSteps(options: StepBenchmarkOptions): StepBenchmark {
  const { recipe, device } = options;
  const prepare = () => stepsOf(recipe, device, options);
  return measureSteps({ recipe, prepare, flops: () => trainingFlops(recipe) }, options);
}

/** Measures steps of any task. */
export function measureSteps(
  { recipe, prepare, flops }: MeasuredSteps,
  { device, warmup, steps, onStep }: Omit<StepBenchmarkOptions, 'recipe' | 'records'>,
): StepBenchmark {
  const { batchSize } = recipe;
  const peakBefore = matmulPeak(recipe, device);
  resetDevicePeakMemory(device);
  const { step } = prepare();

  const seconds: number[] = [];
  for (let i = 0; i < warmup + steps; i++) {
    const took = timed(device, step);
    if (i >= warmup) seconds.push(took);
    onStep?.(took, i >= warmup);
  }

  // The CPU has done its work when a step returns: nothing is queued there.
  const isQueued = device !== 'cpu';
  const queued = isQueued
    ? timed(device, () => {
        for (let i = 0; i < steps; i++) step();
      })
    : seconds.reduce((sum, each) => sum + each, 0);
  const held = deviceMemory(device);
  const stepSeconds = median(seconds);
  const matmulPeakFlops = Math.max(peakBefore, matmulPeak(recipe, device));
  const flopsPerSecond = (flops() * batchSize) / stepSeconds;
  return {
    precision: precisionOn(device, recipe),
    stepSeconds,
    deviceMemoryBytes: held?.peakBytes ?? null,
    reservedDeviceBytes: held?.reservedPeakBytes ?? null,
    imagesPerSecond: batchSize / stepSeconds,
    sustainedImagesPerSecond: (batchSize * steps) / queued,
    flopsPerSecond,
    matmulPeakFlops,
    peakFraction: flopsPerSecond / matmulPeakFlops,
  };
}

/** Profiles one step after the warm-up, as `benchmarkSteps` runs them. */
export function profileStep(options: Omit<StepBenchmarkOptions, 'steps' | 'onStep'>): StepProfile {
  const { recipe, device } = options;
  return profileSteps(stepsOf(recipe, device, { records: false }), options);
}

/** Profiles one step of any task after the warm-up. */
export function profileSteps(
  { model, step }: PreparedSteps,
  { device, warmup }: Pick<StepBenchmarkOptions, 'device' | 'warmup'>,
): StepProfile {
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

/** The time that one kernel of a GPU takes in a step. */
export interface KernelTime {
  readonly name: string;
  readonly calls: number;
  readonly seconds: number;
}

/** The activity of a GPU in one step. */
export interface DeviceProfile {
  readonly seconds: number;
  /** The part of those seconds in which at least one kernel or copy was at work. */
  readonly busySeconds: number;
  /** The entries from the longest to the shortest. */
  readonly kernels: readonly KernelTime[];
  /** Calls by which the CPU waited for the GPU, by name. */
  readonly waits: readonly KernelTime[];
}

/** Traces one step on a GPU after the warm-up. @throws DeviceError on another device */
export function traceStep(options: Omit<StepBenchmarkOptions, 'steps' | 'onStep'>): DeviceProfile {
  const { recipe, device, warmup } = options;
  if (!canRecord(resolveDevice(device))) {
    throw new DeviceError(
      `Expected a CUDA device, and an addon built with CUDA, for a trace but got ${device}; use --profile there.`,
    );
  }
  const { step } = stepsOf(recipe, device, options);
  for (let i = 0; i < warmup; i++) step();
  let seconds = 0;
  const events = trace(() => {
    seconds = timed(device, step);
  });
  const onDevice = events.filter((event) => event.onDevice);
  const waits = events.filter(
    ({ onDevice, name }) => !onDevice && /^cuda.*(Synchronize|Memcpy$)/.test(name),
  );
  return { seconds, busySeconds: busy(onDevice), kernels: totals(onDevice), waits: totals(waits) };
}

function totals(events: readonly TraceEvent[]): KernelTime[] {
  const sums = new Map<string, KernelTime>();
  for (const { name, seconds } of events) {
    const sum = sums.get(name) ?? { name, calls: 0, seconds: 0 };
    sums.set(name, { name, calls: sum.calls + 1, seconds: sum.seconds + seconds });
  }
  return [...sums.values()].sort((a, b) => b.seconds - a.seconds);
}

/** Seconds in which at least one of the events is under way. */
function busy(events: readonly TraceEvent[]): number {
  let total = 0;
  let end = 0;
  for (const event of [...events].sort((a, b) => a.start - b.start)) {
    const stop = event.start + event.seconds;
    total += Math.max(0, stop - Math.max(end, event.start));
    end = Math.max(end, stop);
  }
  return total;
}

function stepsOf(
  recipe: PretrainRecipe,
  device: string,
  { records = true }: { readonly records?: boolean },
): PreparedSteps {
  const { batchSize, image } = recipe;
  const trainer = new Trainer(new PretrainTask(recipe), device, { records });
  const pixels = fitMemory({ images: batchSize, device }, () =>
    randomPixels(batchSize * image.height * image.width * 3),
  );
  const batch = batchOf(pixels, image);
  const step = () => {
    trainer.accumulate(batch);
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

/** Bytes of noise. */
export function randomPixels(count: number): Uint8Array {
  return scope(() => {
    const values = randn([count], { generator: new Generator(0) })
      .mul(50)
      .add(128);
    return values.clamp({ min: 0, max: 255 }).to('u8').toArray() as Uint8Array;
  });
}

/**
 * Operations per second of the fastest products that there are: on the CPU those of any library in
 * f32 or the recipe's precision, elsewhere libtorch's of two square matrices.
 */
function matmulPeak(recipe: MeasuredSteps['recipe'], device: string): number {
  const precision = precisionOn(device, recipe);
  if (device === 'cpu') {
    const rates = productRates().filter(({ dtype }) => dtype === 'f32' || dtype === precision);
    return Math.max(...rates.map(({ flopsPerSecond }) => flopsPerSecond));
  }
  const side = 8192;
  return scope(() => {
    const square = randn([side, side], { dtype: precision, device });
    const rates = Array.from(
      { length: 8 },
      () => (2 * side ** 3) / timed(device, () => square.mm(square).dispose()),
    );
    return Math.max(...rates);
  });
}
