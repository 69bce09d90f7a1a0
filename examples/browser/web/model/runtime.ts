/**
 * onnxruntime-web on what this browser has: WebGPU, else WebAssembly on as many threads as it may
 * use.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { type RunGraph, sessionGraph } from 'um-mae/detect';
import type { ImageSize, Runtime, RuntimeChoice } from './protocol.js';

/** Numbers of an output: whole ones where they are classes. */
export type Numbers = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** A model that is ready to run, one image at a time. */
export interface RunningModel {
  readonly runtime: Runtime;
  /** Numbers that it gives for an image of the usual size. */
  readonly outputs: number;
  /**
   * @param image f32 `[3, height, width]`, normalised
   * @returns the output that was asked for, of this image alone
   */
  run(image: Float32Array<ArrayBuffer>, size: ImageSize): Promise<Numbers>;
}

export interface ModelInput {
  readonly bytes: Uint8Array;
  readonly image: ImageSize;
  /** Names of outputs, of which the first one that the model has is computed. */
  readonly outputs: readonly string[];
}

type Onnxruntime = typeof import('onnxruntime-web');

/** The folder of the files that `build-page.mjs` puts beside the page. */
const runtimeFolder = 'onnxruntime/';
/** A large machine has other things to do, too. */
const mostThreads = 8;

/**
 * @param choice is followed where it can be
 * @throws whatever onnxruntime throws for a graph that it cannot run
 */
export async function startModel(input: ModelInput, choice: RuntimeChoice): Promise<RunningModel> {
  if (choice !== 'wasm' && (await hasWebGpu(choice))) {
    const model = await startOnWebGpu(input);
    if (model) return model;
  }
  // A download of half the size, and nothing of it is for WebGPU.
  const onnxruntime = configure(await import('onnxruntime-web/wasm'));
  const threads = onnxruntime.env.wasm.numThreads ?? 1;
  return start(onnxruntime, input, { kind: 'wasm', threads });
}

/** A graph by the names of its inputs and outputs, ready to run. */
export interface RunningGraph {
  readonly runtime: Runtime;
  readonly run: RunGraph;
}

/** @throws whatever onnxruntime throws for a graph that it cannot run */
export async function startGraph(bytes: Uint8Array, choice: RuntimeChoice): Promise<RunningGraph> {
  const open = async (onnxruntime: Onnxruntime, runtime: Runtime): Promise<RunningGraph> => {
    const options = { executionProviders: [runtime.kind] };
    const session = await onnxruntime.InferenceSession.create(bytes, options);
    return { runtime, run: sessionGraph<Tensor>(session, onnxruntime.Tensor) };
  };
  if (choice !== 'wasm' && (await hasWebGpu(choice))) {
    try {
      return await open(configure(await import('onnxruntime-web/webgpu')), { kind: 'webgpu' });
    } catch {
      // The processor runs what the graphics processor does not.
    }
  }
  const onnxruntime = configure(await import('onnxruntime-web/wasm'));
  return open(onnxruntime, { kind: 'wasm', threads: onnxruntime.env.wasm.numThreads ?? 1 });
}

/** Undefined where the graphics processor does not run this model. */
async function startOnWebGpu(input: ModelInput): Promise<RunningModel | undefined> {
  try {
    const onnxruntime = configure(await import('onnxruntime-web/webgpu'));
    return await start(onnxruntime, input, { kind: 'webgpu' });
  } catch {
    return undefined;
  }
}

/** One in software counts only where it was asked for: it is slower than WebAssembly. */
async function hasWebGpu(choice: RuntimeChoice): Promise<boolean> {
  const { gpu } = navigator as { gpu?: Gpu };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return adapter ? choice === 'webgpu' || adapter.info?.isFallbackAdapter !== true : false;
}

/** The part of WebGPU that is used here; TypeScript 5.9 does not know it. */
interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
}

function configure(onnxruntime: Onnxruntime): Onnxruntime {
  const { env } = onnxruntime;
  env.wasm.wasmPaths = new URL(runtimeFolder, self.location.href).href;
  // Threads share memory, which a browser allows only to pages that are isolated by two headers.
  env.wasm.numThreads = self.crossOriginIsolated
    ? Math.min(mostThreads, navigator.hardwareConcurrency)
    : 1;
  // Messages are ours to write, on the page.
  env.logLevel = 'error';
  return onnxruntime;
}

async function start(
  onnxruntime: Onnxruntime,
  { bytes, image, outputs: wanted }: ModelInput,
  runtime: Runtime,
): Promise<RunningModel> {
  const session = await onnxruntime.InferenceSession.create(bytes, {
    executionProviders: [runtime.kind],
  });
  const input = session.inputNames[0] ?? '';
  const batch = batchOf(session);
  const output = wanted.find((name) => session.outputNames.includes(name)) ?? '';
  const run = async (normalised: Float32Array<ArrayBuffer>, { height, width }: ImageSize) => {
    // A model of a fixed batch gets nothing but zeros beside the image.
    const pixels = new Float32Array(batch * normalised.length);
    pixels.set(normalised);
    const shape = [batch, 3, height, width];
    const tensor: Tensor = new onnxruntime.Tensor('float32', pixels, shape);
    const results = await session.run({ [input]: tensor }, [output]);
    const values = (await results[output]?.getData()) as Float32Array | Int32Array;
    // The memory of the result is used again.
    return values.slice(0, values.length / batch) as Numbers;
  };
  // The first run compiles; one that fails is found before the model is said to be ready.
  const zeros = new Float32Array(3 * image.height * image.width);
  const { length: outputs } = await run(zeros, image);
  return { runtime, outputs, run };
}

/** Returns the batch size of a graph, or 1 if it is open. */
function batchOf({ inputMetadata }: InferenceSession): number {
  const [input] = inputMetadata;
  const size = input?.isTensor ? input.shape[0] : undefined;
  return typeof size === 'number' && size > 0 ? size : 1;
}
