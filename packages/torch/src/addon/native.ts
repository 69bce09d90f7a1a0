/** All that the addon exposes, and its loading. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { prebuiltAddon } from '@um-mae/torch/prebuilt';
import { setupCommand } from '@um-mae/torch/setup-command';
import { operatorNames } from '../generated/names.js';
import { choicesFileOf, type ProductLibraries } from './choices-file.js';
import type { TypedArray } from './dtype.js';
import { OperatorError, OutOfMemoryError, TorchError } from './errors.js';
import { processor, suitableKernels } from './processor.js';

/** Tensors and generators are named by small integers, 0 for none. */
type Handle = number;

/** The counts of the addon's `memory()`. */
export interface NativeMemory {
  readonly tensors: number;
  readonly bytes: number;
  readonly peakBytes: number;
}

/** One operator, as one module called it. */
export interface OperatorTime {
  /** Path of the module inside the root; empty outside of all modules. */
  readonly module: string;
  /** `aten::mm`, or the name of a backward function for what it does itself. */
  readonly operator: string;
  /** Whether in a backward pass. */
  readonly backward: boolean;
  readonly calls: number;
  /** The time without that of operators that it called. */
  readonly seconds: number;
  /** The size of the tensors that the operator made, whether or not they are alive. */
  readonly bytes: number;
}

/** The memory of tensors on a GPU. */
export interface DeviceMemory {
  /** Bytes of tensors, those included that autograd keeps. */
  readonly bytes: number;
  /** Most bytes of tensors at once since the start or `resetDevicePeakMemory`. */
  readonly peakBytes: number;
  /** Most bytes that the process has taken of the GPU for tensors, gaps between them included. */
  readonly reservedPeakBytes: number;
}

/** One kernel or copy on a GPU, or one operator or call of CUDA's runtime on the CPU. */
export interface TraceEvent {
  readonly name: string;
  readonly onDevice: boolean;
  /** Seconds since the trace began. */
  readonly start: number;
  readonly seconds: number;
}

interface Native {
  initialize(operators: readonly string[], onError: typeof makeError): void;
  call(operator: number, ...values: unknown[]): unknown;
  operatorIndex(name: string): number;
  offersKernel(name: string, device: string, half: boolean): boolean;
  useKernels(on: boolean): void;
  schema(operator: number): string;
  schemas(): string[];

  dispose(tensor: Handle): void;
  shape(tensor: Handle): number[];
  strides(tensor: Handle): number[];
  dtype(tensor: Handle): number;
  device(tensor: Handle): string;
  fromArray(array: TypedArray, shape: readonly number[], dtype: number, borrow: boolean): Handle;
  copyTo(tensor: Handle, array: TypedArray): void;
  buffer(tensor: Handle): ArrayBuffer;

  /** Counts the operators that have written to a tensor. */
  writes(tensor: Handle): number;
  requiresGrad(tensor: Handle): boolean;
  setRequiresGrad(tensor: Handle, required: boolean): void;
  grad(tensor: Handle): Handle;
  setGrad(tensor: Handle, gradient: Handle | null): void;
  backward(
    roots: readonly Handle[],
    gradients: readonly (Handle | null)[],
    retainGraph: boolean,
  ): void;
  /** 0 for an input that the outputs do not depend on. */
  gradients(
    outputs: readonly Handle[],
    inputs: readonly (Handle | null)[],
    gradients: readonly (Handle | null)[],
  ): Handle[];
  isGradEnabled(): boolean;
  setGradEnabled(enabled: boolean): void;
  /** The code of the dtype that products on a device are cast to, or -1. */
  autocastCode(device: string): number;
  /** Returns what `exitAutocast` restores. */
  enterAutocast(device: string, dtype: number): number;
  exitAutocast(device: string, outer: number): void;

  startProfile(): void;
  stopProfile(): OperatorTime[];
  enterModule(name: string): void;
  leaveModule(): void;

  memory(): NativeMemory;
  resetPeakMemory(): void;
  /**
   * Tells the collector what a tensor holds; returns the bytes, 0 for small ones, which it is not
   * told of.
   */
  reportMemory(tensor: Handle): number;
  withdrawMemory(bytes: number): void;

  version(): string;
  configuration(): string;
  libraries(): ProductLibraries;
  /** Names the file for what is measured of products, where the addon has its own. */
  keepChoices?(file: string): void;
  /** Counts the kinds of products whose fastest way is known. */
  knownChoices?(): number;
  threads(): number;
  setThreads(threads: number): void;
  cudaDeviceCount(): number;
  isBuiltWith(backend: 'cuda' | 'mps'): boolean;
  synchronize(device: string): void;

  upload(tensor: Handle, device: string): Handle;
  /** Starts to copy one element from a GPU; `finishReading` waits for it. */
  uploadArray(array: TypedArray, shape: readonly number[], dtype: number, device: string): Handle;
  /** Begins to copy one element from a GPU; `finishReading` waits for it. */
  startReading(tensor: Handle): object;
  /** Whether `finishReading` has nothing to wait for. */
  isRead(reading: object): boolean;
  finishReading(reading: object): number;

  /** These are there where the addon was built with CUDA. */
  startGraph?(device: string, after?: object): object;
  endGraph?(graph: object): void;
  dropRecording?(graph: object): void;
  replayGraph?(graph: object): void;
  deviceMemory?(device: string): DeviceMemory;
  resetDevicePeakMemory?(device: string): void;
  startTrace?(): void;
  stopTrace?(): TraceEvent[];

  /** Connects to the store of a host, or opens it; port 0 is one that the system chooses. */
  openStore(host: string, port: number, serves: boolean, timeoutMs: number): Promise<object>;
  storePort(store: object): number;
  putInStore(store: object, key: string, text: string): Promise<void>;
  /** null when nobody has put anything there in time. */
  getFromStore(store: object, key: string, timeoutMs: number): Promise<string | null>;
  closeStore(store: object): Promise<void>;
  joinGroup(
    store: object,
    name: string,
    rank: number,
    size: number,
    address: string,
    timeoutMs: number,
  ): Promise<object>;
  allReduce(group: object, tensor: Handle, operation: 'sum' | 'max'): Promise<void>;
  broadcast(group: object, tensor: Handle, root: number): Promise<void>;
  allGather(group: object, tensor: Handle): Promise<Handle[]>;
  closeGroup(group: object): Promise<void>;
  /** @returns [batch, channels, height, width] */
  sharedBatchNorm(
    group: object,
    x: Handle,
    weight: Handle,
    bias: Handle,
    running: readonly Handle[],
    momentum: number,
    epsilon: number,
    counts: boolean,
    together: boolean,
  ): Handle;
  sumNow(group: object, tensor: Handle): void;
  /** Such as 2.30.7; empty without NCCL. */
  ncclVersion(): string;
  /** Tells one GPU from all others of all hosts; empty without NCCL. */
  gpuIdentity(device: string): string;
  /** Makes a GPU the one that is meant where none is named. */
  useGpu(device: string): void;
  joinGpus(
    store: object,
    name: string,
    rank: number,
    size: number,
    device: string,
    timeoutMs: number,
  ): Promise<object>;
  abortGpus(group: object): Promise<void>;
  closeGpus(group: object): Promise<void>;
  createReducer(group: object, parameters: readonly Handle[], names: readonly string[]): object;
  prepareReducer(reducer: object): void;
  reducerComputeMs(reducer: object): number;
  rebuildReducer(reducer: object): boolean;
  closeReducer(reducer: object): Promise<void>;

  createGenerator(device: string, seed: number): Handle;
  disposeGenerator(generator: Handle): void;
  generatorState(generator: Handle): Handle;
  setGeneratorState(generator: Handle, state: Handle): void;
}

/** The addon turns every C++ exception into one of these. */
function makeError(
  cause: string,
  outOfMemory: boolean,
  operator: string,
  operands: string,
): TorchError {
  if (outOfMemory) return new OutOfMemoryError(cause);
  if (operator !== '') return new OperatorError(operator, operands, cause);
  return new TorchError('native', `libtorch failed: ${cause}`);
}

/** Finds the addon that was compiled here, or else one for processors as this one. */
function addonFile(): string | undefined {
  const own = fileURLToPath(new URL('../../../build/torch.node', import.meta.url));
  if (existsSync(own)) return own;
  const { flags } = processor();
  return flags.has('avx2') && flags.has('fma') ? prebuiltAddon('torch.node') : undefined;
}

function load(): Native {
  const addon = addonFile();
  if (addon === undefined) {
    throw new TorchError(
      'load',
      'Expected the addon that calls libtorch but it is not built.\n' +
        `\`${setupCommand}\` builds it, and installs libtorch where it is missing.`,
    );
  }
  // OpenMP reads it once, as it is loaded. Spinning threads would take the cores from those that
  // decode the next images: with as many threads as cores, steps take several times longer.
  process.env.OMP_WAIT_POLICY ??= 'passive';
  // OpenBLAS waits for ever for threads that a dynamic team does not have.
  process.env.OMP_DYNAMIC = 'false';
  // OpenBLAS reads it as it is loaded, and would take kernels of old processors on one that it does
  // not know.
  const kernels = suitableKernels(processor());
  if (kernels !== undefined) process.env.OPENBLAS_CORETYPE ??= kernels;
  try {
    return createRequire(import.meta.url)(addon) as Native;
  } catch (cause) {
    throw new TorchError(
      'load',
      `Expected the addon to load but got: ${cause instanceof Error ? cause.message : String(cause)}\n` +
        `If libtorch was moved or updated, \`${setupCommand}\` builds against the present one.`,
      { cause },
    );
  }
}

/** The addon of this thread; every worker thread loads its own. */
export const native: Native = load();
native.initialize(operatorNames, makeError);
/** The file that keeps which way of products is the fastest on this machine. */
export const choicesFile = choicesFileOf(native.libraries(), processor());
native.keepChoices?.(choicesFile);

/** The one boxed call: an operator by its index in `generated/names.ts`, then its arguments. */
export const call = native.call;
