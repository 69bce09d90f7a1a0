/** Whether a model computes elsewhere what it computes here. */
import { Generator, noGrad, randn, scope, type Tensor } from '@um-mae/torch';
import { median } from '../../bench/median.js';
import { inputName } from './model.js';
import { importOnnxruntime } from './runtime.js';

export interface Verification {
  /**
   * Largest difference of an output, relative to the largest number of that output; of numbers of
   * classes the share that differs.
   */
  readonly difference: number;
  /** Median of runs by onnxruntime, and of as many here, in turns. */
  readonly seconds: { readonly onnxruntime: number; readonly own: number };
}

export interface VerifyOptions {
  /** Shape of the input: [batch, 3, height, width]. */
  readonly shape: readonly number[];
  /** Computes the outputs to compare with, by name. */
  readonly expected: (images: Tensor) => NamedTensors;
  readonly threads: number;
  /** Called with the number of runs that have been compared or timed, and of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Tensors by the names of inputs or outputs. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/**
 * Runs an encoded model by onnxruntime on random images.
 *
 * @throws UmMaeError where onnxruntime is not installed
 */
export async function verify(
  model: Uint8Array,
  { shape, expected, ...options }: VerifyOptions,
): Promise<Verification> {
  using images = randn([...shape], { generator: new Generator(0) });
  return await verifyInputs(model, {
    inputs: { [inputName]: images },
    expected: () => expected(images),
    ...options,
  });
}

export interface VerifyInputsOptions extends Pick<VerifyOptions, 'threads' | 'onProgress'> {
  /** f32, by the names that the graph has for them. */
  readonly inputs: NamedTensors;
  readonly expected: () => NamedTensors;
}

/**
 * Runs an encoded model by onnxruntime on these inputs.
 *
 * @throws UmMaeError where onnxruntime is not installed
 */
export async function verifyInputs(
  model: Uint8Array,
  { inputs, expected, threads, onProgress }: VerifyInputsOptions,
): Promise<Verification> {
  const { InferenceSession, Tensor: OnnxTensor } = await importOnnxruntime();
  const session = await InferenceSession.create(model, { intraOpNumThreads: threads });
  try {
    const runOwn = () =>
      scope(() => {
        const outputs = noGrad(() => expected());
        return Object.entries(outputs).map(([name, output]) => ({
          name,
          numbers: numbersOf(output),
        }));
      });
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, input]) => {
        const numbers = input.contiguous().toArray() as Float32Array;
        return [name, new OnnxTensor('float32', numbers, input.shape)];
      }),
    );
    const results = await session.run(feeds);
    const differences = runOwn().map(({ name, numbers }) => {
      const result = results[name]?.data;
      if (result instanceof Float32Array && numbers instanceof Float32Array)
        return relativeDifference(result, numbers);
      if (result instanceof Int32Array && numbers instanceof Int32Array)
        return differentShare(result, numbers);
      return Number.NaN;
    });
    const [own, onnxruntime]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < turns; turn++) {
      onProgress?.(1 + turn, 1 + turns);
      own.push(await secondsOf(runOwn));
      onnxruntime.push(await secondsOf(() => session.run(feeds)));
    }
    return {
      difference: Math.max(...differences),
      seconds: { onnxruntime: median(onnxruntime), own: median(own) },
    };
  } finally {
    await session.release();
  }
}

const turns = 5;

async function secondsOf(body: () => unknown): Promise<number> {
  const startMs = performance.now();
  await body();
  return (performance.now() - startMs) / 1000;
}

function numbersOf(output: Tensor): Float32Array | Int32Array {
  const type = output.dtype === 'i32' ? 'i32' : 'f32';
  return output.to(type).contiguous().toArray() as Float32Array | Int32Array;
}

/** NaN where the lengths differ. */
function differentShare(ours: Int32Array, theirs: Int32Array): number {
  if (ours.length !== theirs.length) return Number.NaN;
  return theirs.reduce((count, number, i) => count + Number(number !== ours[i]), 0) / ours.length;
}

/** NaN where the lengths differ or a number is none. */
function relativeDifference(ours: Float32Array, theirs: Float32Array): number {
  if (ours.length !== theirs.length) return Number.NaN;
  let [difference, largest] = [0, 0];
  for (const [i, number] of theirs.entries()) {
    largest = Math.max(largest, Math.abs(number));
    difference = Math.max(difference, Math.abs(number - (ours[i] ?? Number.NaN)));
  }
  return difference / largest;
}
