/** The GPUs of a group's processes, and the way in which they exchange tensors. */
import { assert, GroupError } from '../addon/errors.js';
import { native } from '../addon/native.js';
import { namesOf, textOf } from './failure.js';

/** A GPU as the processes tell each other of it. */
export interface Gpu {
  readonly host: string;
  /** The version of NCCL; empty where there is none. */
  readonly nccl: string;
  /** Tells it from all others; empty where there is no NCCL. */
  readonly identity: string;
}

/** The way of tensors from GPU to GPU, and why it is not NCCL, in words. */
export type GpuExchange =
  | { readonly by: 'nccl'; readonly version: string }
  | {
      readonly by: 'gloo';
      readonly because: string;
      /** Processes with the same GPU. */
      readonly sharing?: readonly number[];
    };

/** NCCL as this process has it: its version, or why there is none, in words. */
export type FoundNccl = { readonly version: string } | { readonly missing: string };

/** Looks for NCCL in libtorch and the addon. */
export function findNccl(): FoundNccl {
  const version = native.ncclVersion();
  if (version !== '') return { version };
  if (!native.isBuiltWith('cuda')) {
    return { missing: `libtorch ${native.version()} was built without CUDA` };
  }
  return { missing: 'the addon was built without the headers of NCCL and of CUDA' };
}

/** The GPU of this process. */
export function ownGpu(device: string, host: string): Gpu {
  return { host, nccl: native.ncclVersion(), identity: native.gpuIdentity(device) };
}

/**
 * Decides, in all processes alike, how their GPUs exchange tensors: by NCCL, unless one has none or
 * two have the same GPU, which NCCL refuses.
 *
 * @param gpus those of all processes, by rank
 *
 * @example
 * ```ts
 * import { exchangeOf, findNccl, namesOf } from '@um-mae/torch/distributed';
 *
 * const found = findNccl();
 * console.log('version' in found ? `NCCL ${found.version}` : found.missing);
 * const gpu = { host: 'first', nccl: '', identity: '' };
 * console.log(exchangeOf([gpu, gpu]).by, 'for', namesOf([0, 1])); // gloo for processes 0 and 1
 * ```
 */
export function exchangeOf(gpus: readonly Gpu[]): GpuExchange {
  const without = gpus.findIndex(({ nccl }) => nccl === '');
  if (without >= 0) {
    return { by: 'gloo', because: `process ${without} on ${gpus[without]?.host} has no NCCL` };
  }
  const sharing = firstToShare(gpus);
  if (sharing) return { by: 'gloo', because: `${namesOf(sharing)} share a GPU`, sharing };
  return { by: 'nccl', version: gpus[0]?.nccl ?? '' };
}

/** The processes whose GPUs NCCL connects. */
interface Connecting {
  readonly size: number;
  waitTogether(isDone: () => boolean): Promise<void>;
}

/**
 * Waits until NCCL has connected all. It may wait for ever for a process that is lost, of which the
 * others hear.
 *
 * @returns the addon's group of GPUs
 * @throws GroupError when it does not connect them
 */
export async function connected(joining: Promise<object>, group: Connecting): Promise<object> {
  let found: { readonly gpus: object } | { readonly error: GroupError } | undefined;
  joining.then(
    (gpus) => {
      found = { gpus };
    },
    (cause) => {
      found = { error: unconnected(group.size, cause) };
    },
  );
  await group.waitTogether(() => {
    if (found && 'error' in found) throw found.error;
    return found !== undefined;
  });
  assert(found !== undefined && 'gpus' in found, 'all are connected');
  return found.gpus;
}

function unconnected(size: number, cause: unknown): GroupError {
  return new GroupError(
    `Expected NCCL to connect the GPUs of ${size} processes but got: ${textOf(cause).replace(/\.+$/, '')}.`,
    { cause },
  );
}

/** The processes of the first GPU that several have; none where each has its own. */
function firstToShare(gpus: readonly Gpu[]): number[] | undefined {
  const ranks = new Map<string, number[]>();
  for (const [rank, { identity }] of gpus.entries())
    ranks.set(identity, [...(ranks.get(identity) ?? []), rank]);
  return [...ranks.values()].find(({ length }) => length > 1);
}
