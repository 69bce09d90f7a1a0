/**
 * Processes that exchange tensors, on one host or on several, by libtorch's c10d: over Gloo, and
 * those of GPUs by NCCL where it is.
 */
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { GroupError, LostGroupError } from '../addon/errors.js';
import { native } from '../addon/native.js';
import { useDevice } from '../device/device.js';
import type { BatchNorm2d } from '../nn/layers/normalisation/batch-norm.js';
import { Tensor, tensor } from '../tensor/tensor.js';
import { isOfExchange, lostGroup, namesOf } from './failure.js';
import { connected, exchangeOf, type Gpu, type GpuExchange, ownGpu } from './gpus.js';
import { announce, checkPlace, checkReachable, type Presence, presences } from './meeting.js';
import { Store } from './store.js';

export interface GroupOptions {
  /** The number of this process, from 0. */
  readonly rank: number;
  /** The number of processes. */
  readonly size: number;
  /** The name or address of the host of process 0. */
  readonly host: string;
  /** The port of process 0; there, 0 is one that the system chooses. */
  readonly port: number;
  /**
   * Whether this process keeps the store of the group at `host` and `port`: default process 0. No
   * process does where a launcher keeps it.
   */
  readonly serves?: boolean | undefined;
  /** Tells several groups apart that share a store. Default `group`. */
  readonly name?: string | undefined;
  /**
   * The address of this host for the others. Default: the one by which it reaches process 0.
   */
  readonly address?: string | undefined;
  /** The longest wait for the others in an exchange. Default 10 minutes. */
  readonly timeoutMs?: number | undefined;
  /** The longest wait for the others to join: some seconds at least. Default `timeoutMs`. */
  readonly joinTimeoutMs?: number | undefined;
  /** Called with the port of the store, before the others are waited for. */
  readonly onPort?: ((port: number) => void) | undefined;
}

/** The part of a process in a batch norm. */
export interface SharedNormOptions {
  /** Whether the images of this process count in the statistics. */
  readonly counts: boolean;
  /**
   * Whether images are normalised by the statistics of all processes, or by those of their own
   * process. Running statistics are those of all.
   */
  readonly together: boolean;
}

interface MeetingOptions extends GroupOptions {
  readonly name: string;
  readonly timeoutMs: number;
  readonly joinTimeoutMs: number;
}

const tenMinutes = 600_000;

/** The longest time for which a process that waits for its own GPU does not hear of the others. */
const beatMs = 250;

/** The pauses in which it asks its GPU. */
const pauseMs = 1;

/**
 * A group of processes. All call the same methods in the same order, each with tensors of the same
 * shapes and types; tensors are contiguous, and all on the CPU or all on GPUs.
 */
export class Group {
  readonly rank: number;
  readonly size: number;
  private readonly name: string;
  /** The longest wait for the others in an exchange. */
  readonly timeoutMs: number;
  /** The addon's group of GPUs, where they exchange by NCCL. */
  private gpus: object | undefined;
  /** The addon's reducers, which hold the connections as long as they are open. */
  private readonly reducers: object[] = [];

  private constructor(
    private readonly native: object,
    private readonly store: Store,
    { rank, size, name, timeoutMs }: Pick<MeetingOptions, 'rank' | 'size' | 'name' | 'timeoutMs'>,
    /** The name of the host of each process. */
    readonly hosts: readonly string[],
  ) {
    this.rank = rank;
    this.size = size;
    this.name = name;
    this.timeoutMs = timeoutMs;
  }

  /**
   * Finds the other processes.
   *
   * @throws GroupError naming those that are missing when time is up
   * @throws MeetingError when the processes cannot meet there, or count themselves differently
   */
  static async join(options: GroupOptions): Promise<Group> {
    const { rank, size, host, port, timeoutMs = tenMinutes, name = 'group' } = options;
    const { joinTimeoutMs = timeoutMs } = options;
    checkPlace({ rank, size });
    const serves = options.serves ?? rank === 0;
    const store = await Store.open({ host, port, serves, timeoutMs: joinTimeoutMs });
    try {
      options.onPort?.(store.port);
      return await Group.meet(store, { ...options, name, timeoutMs, joinTimeoutMs });
    } catch (error) {
      // Not waited for: it may be the store that does not answer.
      store.close().catch(() => {});
      throw error;
    }
  }

  private static async meet(store: Store, options: MeetingOptions): Promise<Group> {
    const { rank, size, host, timeoutMs, joinTimeoutMs, name } = options;
    const endMs = performance.now() + joinTimeoutMs;
    const address = options.address ?? (await store.ownAddress());
    const own: Presence = { size, host: hostname(), address };
    await announce(store, own, options);
    const present = await presences(store, { name, size, endMs });
    const missing = present.flatMap((presence, other) => (presence ? [] : [other]));
    if (missing.length > 0) {
      const verb = missing.length === 1 ? 'is' : 'are';
      throw new GroupError(
        `Expected ${size} processes to join at ${host}:${store.port} within ${joinTimeoutMs / 1000} s but ${namesOf(missing)} ${verb} missing.`,
      );
    }
    const members = present.flatMap((presence) => presence ?? []);
    checkReachable(members);
    const hosts = members.map((member) => member.host);
    try {
      const joined = await store.join(name, { rank, size, address, timeoutMs });
      return new Group(joined, store, { rank, size, name, timeoutMs }, hosts);
    } catch (cause) {
      throw lostGroup({ rank, size }, cause);
    }
  }

  /**
   * Takes a GPU for this process, as all do: their tensors are exchanged by NCCL from now on, or over
   * Gloo, through the memory of the hosts, where NCCL cannot.
   *
   * @param device such as `cuda:3`
   * @throws DeviceError when it is not there
   * @throws GroupError when the others do not come, or NCCL does not connect them
   */
  async joinGpus(device: string): Promise<GpuExchange> {
    useDevice(device);
    const exchange = exchangeOf(await this.gpusOfAll(device));
    if (exchange.by === 'gloo') return exchange;
    // NCCL's threads wait at a store, and one that waits holds up all others.
    const store = await this.store.again();
    const { rank, size, name, timeoutMs } = this;
    const joining = store.joinGpus(name, { rank, size, device, timeoutMs });
    this.gpus = await connected(joining, this);
    return exchange;
  }

  private async gpusOfAll(device: string): Promise<Gpu[]> {
    await this.put(`gpu/${this.rank}`, JSON.stringify(ownGpu(device, hostname())));
    // A process that has no such GPU ends the wait of the others.
    await this.barrier();
    const texts = await Promise.all(
      this.hosts.map((_, rank) => this.get(`gpu/${rank}`, this.timeoutMs)),
    );
    return texts.map((text, rank) => {
      if (text !== undefined) return JSON.parse(text) as Gpu;
      throw new GroupError(
        `Expected the GPU of process ${rank} on ${this.hosts[rank]} within ${this.timeoutMs / 1000} s but got none.`,
      );
    });
  }

  /**
   * Waits until something has come to an end in every process, such as the work of its GPU, and sees
   * meanwhile whether the others are there: while it waits for its GPU, which waits for the others,
   * a process learns nothing.
   *
   * @param isDone whether it has in this process; what it throws ends the wait
   * @throws LostGroupError when another process is lost, or time is up
   */
  async waitTogether(isDone: () => boolean): Promise<void> {
    const endMs = performance.now() + this.timeoutMs;
    for (;;) {
      const nextMs = performance.now() + beatMs;
      while (!isDone() && performance.now() < nextMs) await setTimeout(pauseMs);
      const [done = 0] = await this.sum([Number(isDone())]);
      if (done === this.size) return;
      if (performance.now() > endMs) {
        throw new LostGroupError(
          `Expected the GPUs of ${this.size} processes to end their work within ${this.timeoutMs / 1000} s but they did not.`,
          true,
        );
      }
    }
  }

  /** Replaces `values` in every process by the sum or the largest of all. */
  async allReduce(values: Tensor, operation: 'sum' | 'max' = 'sum'): Promise<void> {
    await this.exchange(native.allReduce(this.groupOf(values), values.handle, operation));
  }

  /** Replaces `values` in every process by those of process `root`. */
  async broadcast(values: Tensor, root = 0): Promise<void> {
    await this.exchange(native.broadcast(this.groupOf(values), values.handle, root));
  }

  /** Returns `values` of every process, by rank. */
  async allGather(values: Tensor): Promise<Tensor[]> {
    const handles = await this.exchange(native.allGather(this.groupOf(values), values.handle));
    return handles.map((handle) => new Tensor(handle));
  }

  /** Returns the sums of small numbers over all processes, each in f64. */
  async sum(numbers: readonly number[]): Promise<number[]> {
    const sums = tensor([...numbers], { dtype: 'f64' }).keep();
    try {
      await this.allReduce(sums);
      return [...sums.toArray()].map(Number);
    } finally {
      sums.dispose();
    }
  }

  /** Waits for all processes. */
  async barrier(): Promise<void> {
    await this.sum([0]);
  }

  /** Puts a text where all processes of the group find it. */
  async put(key: string, text: string): Promise<void> {
    await this.exchange(this.store.put(`${this.name}/texts/${key}`, text));
  }

  /**
   * Waits for a text that some process puts there.
   *
   * @returns undefined when time is up
   */
  get(key: string, timeoutMs: number): Promise<string | undefined> {
    return this.exchange(this.store.get(`${this.name}/texts/${key}`, timeoutMs));
  }

  /** Lets the addon reduce gradients over the processes. @returns its reducer */
  createReducer(parameters: ReadonlyMap<string, Tensor>): object {
    const tensors = [...parameters.values()];
    const handles = tensors.map(({ handle }) => handle);
    const reducer = native.createReducer(this.groupOf(...tensors), handles, [...parameters.keys()]);
    this.reducers.push(reducer);
    return reducer;
  }

  /**
   * Replaces `values` by the sums of those of all processes, for which this process waits. In the
   * middle of a step, where `allReduce` cannot be waited for.
   *
   * @throws GroupError when another process is lost
   */
  sumNow(values: Tensor): void {
    this.during(() => native.sumNow(this.groupOf(values), values.handle));
  }

  /**
   * Normalises by the statistics of a batch that the processes share, and moves the running ones.
   *
   * @param x [batch, channels, height, width], of the type of the weights
   * @throws GroupError when another process is lost
   */
  batchNorm(x: Tensor, norm: BatchNorm2d, { counts, together }: SharedNormOptions): Tensor {
    const running = [norm.running_mean, norm.running_var, norm.num_batches_tracked];
    const normed = this.during(() =>
      native.sharedBatchNorm(
        this.groupOf(x),
        x.handle,
        norm.weight.handle,
        norm.bias.handle,
        running.map(({ handle }) => handle),
        norm.momentum,
        norm.epsilon,
        counts,
        together,
      ),
    );
    return new Tensor(normed);
  }

  /**
   * Runs what exchanges while this process waits, such as a backward pass.
   *
   * @throws GroupError when another process is lost
   */
  during<Result>(body: () => Result): Result {
    try {
      return body();
    } catch (cause) {
      throw isOfExchange(cause) ? this.failure(cause) : cause;
    }
  }

  /** The error of an exchange that failed, with the place of this process. */
  failure(cause: unknown): GroupError {
    return lostGroup(this, cause);
  }

  /**
   * Leaves the group when all have come so far, and ends its reducers. After an error there is
   * nothing to leave: the process ends.
   */
  async close(): Promise<void> {
    await this.barrier();
    await this.leaveGpus();
    await Promise.all(this.reducers.map((reducer) => native.closeReducer(reducer)));
    await native.closeGroup(this.native);
    await this.store.close();
  }

  /** Ends NCCL when all is done. A process that still has its threads does not end well. */
  async leaveGpus(): Promise<void> {
    const { gpus } = this;
    if (!gpus) return;
    this.gpus = undefined;
    await Promise.all(this.reducers.splice(0).map((reducer) => native.closeReducer(reducer)));
    // All is done: what NCCL may still say of it changes nothing.
    await native.closeGpus(gpus).catch(() => {});
  }

  /**
   * Ends all exchanges of tensors after an error, which those of the others that wait for this
   * process see at once. Texts still come and go.
   */
  async abandon(): Promise<void> {
    if (this.gpus) {
      // The others hear of it first: NCCL may wait for one that does not answer.
      await native.closeGroup(this.native);
      await native.abortGpus(this.gpus);
      return;
    }
    for (const reducer of this.reducers) await native.closeReducer(reducer);
    await native.closeGroup(this.native);
  }

  /** The addon's group for tensors of one kind of device. */
  private groupOf(...tensors: readonly Tensor[]): object {
    const areOnCpu = tensors.every(({ device }) => device === 'cpu');
    return areOnCpu ? this.native : (this.gpus ?? this.native);
  }

  private async exchange<Result>(result: Promise<Result>): Promise<Result> {
    try {
      return await result;
    } catch (cause) {
      throw this.failure(cause);
    }
  }
}
