/** Processes that exchange tensors, on one host or on several, by libtorch's c10d over Gloo. */
import { hostname } from 'node:os';
import { GroupError, MeetingError } from '../addon/errors.js';
import { native } from '../addon/native.js';
import type { BatchNorm2d } from '../nn/layers/batch-norm.js';
import { Tensor, tensor } from '../tensor/tensor.js';
import { isOfExchange, lostGroup, namesOf } from './failure.js';
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

/** The place of a process, as the others see it. */
interface Presence {
  readonly size: number;
  readonly host: string;
  readonly address: string;
}

interface MeetingOptions extends GroupOptions {
  readonly name: string;
  readonly timeoutMs: number;
  readonly joinTimeoutMs: number;
}

const tenMinutes = 600_000;

/**
 * A group of processes. All call the same methods in the same order, each with tensors of the same
 * shapes and types; tensors are contiguous and on the CPU.
 */
export class Group {
  readonly rank: number;
  readonly size: number;
  private readonly name: string;
  /** The addon's reducers, which hold the connections as long as they are open. */
  private readonly reducers: object[] = [];

  private constructor(
    private readonly native: object,
    private readonly store: Store,
    { rank, size, name }: Pick<MeetingOptions, 'rank' | 'size' | 'name'>,
    /** The name of the host of each process. */
    readonly hosts: readonly string[],
  ) {
    this.rank = rank;
    this.size = size;
    this.name = name;
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
      return new Group(joined, store, { rank, size, name }, hosts);
    } catch (cause) {
      throw lostGroup({ rank, size }, cause);
    }
  }

  /** Replaces `values` in every process by the sum or the largest of all. */
  async allReduce(values: Tensor, operation: 'sum' | 'max' = 'sum'): Promise<void> {
    await this.exchange(native.allReduce(this.native, values.handle, operation));
  }

  /** Replaces `values` in every process by those of process `root`. */
  async broadcast(values: Tensor, root = 0): Promise<void> {
    await this.exchange(native.broadcast(this.native, values.handle, root));
  }

  /** Returns `values` of every process, by rank. */
  async allGather(values: Tensor): Promise<Tensor[]> {
    const handles = await this.exchange(native.allGather(this.native, values.handle));
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
    const handles = [...parameters.values()].map(({ handle }) => handle);
    const reducer = native.createReducer(this.native, handles, [...parameters.keys()]);
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
    this.during(() => native.sumNow(this.native, values.handle));
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
        this.native,
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
    await Promise.all(this.reducers.map((reducer) => native.closeReducer(reducer)));
    await native.closeGroup(this.native);
    await this.store.close();
  }

  /**
   * Ends all exchanges of tensors after an error, which those of the others that wait for this
   * process see at once. Texts still come and go.
   */
  async abandon(): Promise<void> {
    for (const reducer of this.reducers) await native.closeReducer(reducer);
    await native.closeGroup(this.native);
  }

  private async exchange<Result>(result: Promise<Result>): Promise<Result> {
    try {
      return await result;
    } catch (cause) {
      throw this.failure(cause);
    }
  }
}

function checkPlace({ rank, size }: Pick<GroupOptions, 'rank' | 'size'>): void {
  if (Number.isInteger(size) && size >= 1 && Number.isInteger(rank) && rank >= 0 && rank < size)
    return;
  throw new MeetingError(`Expected a process from 0 to ${size - 1} but got ${rank} of ${size}.`);
}

/**
 * Puts the place of this process where the others look for it.
 *
 * @throws MeetingError when nobody answers, or another process has this number already: the
 *   processes of another job are at work there
 */
async function announce(
  store: Store,
  own: Presence,
  { rank, size, host, name }: MeetingOptions,
): Promise<void> {
  const key = `${name}/here/${rank}`;
  const earlier = await store.get(key, 0).catch(cannotMeet);
  if (earlier === undefined) return store.put(key, JSON.stringify(own)).catch(cannotMeet);
  const other = JSON.parse(earlier) as Presence;
  throw new MeetingError(
    `Expected no other process ${rank} of ${size} at ${host}:${store.port} but got one on ${other.host}.\n` +
      'Give each of several jobs a port of its own.',
  );
}

/** Nobody has been lost yet. */
function cannotMeet(cause: Error): never {
  throw new MeetingError(cause.message, { cause });
}

/** Waits for all processes. @returns undefined for those that have not come in time */
async function presences(
  store: Store,
  { name, size, endMs }: { readonly name: string; readonly size: number; readonly endMs: number },
): Promise<(Presence | undefined)[]> {
  const found: (Presence | undefined)[] = [];
  for (let rank = 0; rank < size; rank++) {
    const leftMs = Math.max(0, endMs - performance.now());
    const text = await store.get(`${name}/here/${rank}`, leftMs);
    const presence = text === undefined ? undefined : (JSON.parse(text) as Presence);
    if (presence) checkSize(presence, { rank, size });
    found.push(presence);
  }
  return found;
}

/** Hosts that start different numbers of processes count differently. */
function checkSize(presence: Presence, { rank, size }: Pick<GroupOptions, 'rank' | 'size'>): void {
  if (presence.size === size) return;
  throw new MeetingError(
    `Expected ${presence.size} processes, as process ${rank} on ${presence.host}, but got ${size} on ${hostname()}.`,
  );
}

/**
 * Checks that no process of several hosts waits at an address that only its own host reaches.
 *
 * @throws MeetingError naming the first that does
 */
export function checkReachable(members: readonly Omit<Presence, 'size'>[]): void {
  if (new Set(members.map(({ host }) => host)).size === 1) return;
  const rank = members.findIndex(({ address }) => /^(127\.|::1$|::ffff:127\.)/.test(address));
  const member = members[rank];
  if (!member) return;
  throw new MeetingError(
    `Expected an address of ${member.host} that other hosts reach for process ${rank} but got ${member.address}.\n` +
      'Give the address of the main host instead of a name that it calls itself.',
    { isShared: true },
  );
}
