/** Devices, threads, and what libtorch was built with. */
import { availableParallelism } from 'node:os';
import type { ProductLibraries } from '../addon/choices-file.js';
import { DeviceError } from '../addon/errors.js';
import { choicesFile, native } from '../addon/native.js';
import { areTooOld, processor, productInstructions } from '../addon/processor.js';

/** Everything a report about the engine needs. */
export interface EngineReport {
  /** libtorch's version. */
  readonly version: string;
  readonly threads: number;
  /** Devices that can be used, `cpu` first. */
  readonly devices: readonly string[];
  /** libtorch's own text: compiler, BLAS, instruction set. */
  readonly configuration: string;
  /**
   * The processor's sets of instructions that decide how fast products are, as Linux calls them.
   */
  readonly instructions: readonly string[];
  readonly libraries: ProductLibraries;
  /**
   * The file that keeps which way of products is the fastest, and how many kinds it knows; none
   * without the addon's own products.
   */
  readonly choices: { readonly file: string; readonly known: number } | undefined;
  /**
   * Whether bf16 is faster than f32 in products on the CPU: the addon's own, by instructions of the
   * processor.
   */
  readonly isFastInHalf: boolean;
  /** Whether OpenBLAS uses kernels that leave much of the processor unused. */
  readonly hasOldKernels: boolean;
}

export function engine(): EngineReport {
  const found = processor();
  const libraries = native.libraries();
  return {
    instructions: productInstructions(found),
    libraries,
    choices: native.knownChoices && { file: choicesFile, known: native.knownChoices() },
    isFastInHalf: native.offersKernel('um::linear', 'cpu', true),
    hasOldKernels: areTooOld(libraries.openblasKernels, found),
    version: native.version(),
    threads: native.threads(),
    devices: devices(),
    configuration: native.configuration(),
  };
}

/**
 * The devices that can be used here, `cpu` first.
 *
 * @example
 * ```ts
 * import { deviceMemory, devices, engine, resetDevicePeakMemory, resolveDevice } from '@um-mae/torch';
 * import { setThreads, synchronize, threads, useDevice } from '@um-mae/torch';
 *
 * const device = useDevice(resolveDevice(devices().at(-1) ?? 'cpu'));
 * setThreads(1);
 * resetDevicePeakMemory(device);
 * // ... what is measured
 * synchronize(device);
 * console.log(device, threads(), engine().version, deviceMemory(device)?.peakBytes);
 * ```
 */
export function devices(): string[] {
  const cuda = Array.from({ length: native.cudaDeviceCount() }, (_, i) => `cuda:${i}`);
  return ['cpu', ...cuda, ...(native.isBuiltWith('mps') ? ['mps'] : [])];
}

/**
 * Checks that a device is there.
 *
 * @param device `cpu`, `cuda`, `cuda:1` or `mps`
 * @throws DeviceError with the reason why it is not: there is no fallback
 */
export function resolveDevice(device: string): string {
  const match = /^(cpu|cuda|mps)(?::(\d+))?$/.exec(device);
  if (!match) {
    throw new DeviceError(`Expected device cpu, cuda, cuda:N or mps but got ${device}.`);
  }
  const [, kind, index = '0'] = match;
  if (kind === 'cuda') checkCuda(device, Number(index));
  if (kind === 'mps' && !native.isBuiltWith('mps')) {
    throw new DeviceError(
      `Expected device mps but libtorch ${native.version()} was built without it; use --device cpu.`,
    );
  }
  return device;
}

function checkCuda(device: string, index: number): void {
  const count = native.cudaDeviceCount();
  if (index < count) return;
  let reason = `this machine has ${count} CUDA device${count === 1 ? '' : 's'}`;
  if (!native.isBuiltWith('cuda')) {
    reason = `libtorch ${native.version()} was built without CUDA`;
  } else if (count === 0) {
    reason = 'libtorch found no CUDA device or driver';
  }
  throw new DeviceError(`Expected device ${device} but ${reason}; use --device cpu.`);
}

/**
 * Makes a GPU the one that this thread means where it names none. Whoever works on another one than
 * the first would else take some memory of that, too.
 *
 * @returns the device
 * @throws DeviceError when it is not there
 */
export function useDevice(device: string): string {
  if (resolveDevice(device).startsWith('cuda')) native.useGpu(device);
  return device;
}

/** Threads that one operator may use. */
export function threads(): number {
  return native.threads();
}

/**
 * Sets how many threads one operator may use, in this thread of JavaScript. A program does so as it
 * starts; until then the number is libtorch's own, one for each core in most builds and a single
 * one in Debian's.
 *
 * @param count default: one for each core
 */
export function setThreads(count = availableParallelism()): void {
  native.setThreads(count);
}

/** Waits until the device has finished its work, for honest timings. */
export function synchronize(device: string): void {
  native.synchronize(resolveDevice(device));
}
