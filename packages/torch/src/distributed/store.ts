/** The store of a group: small texts by key, kept by one process and reached by all over TCP. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { GroupError, MeetingError, type TorchError } from '../addon/errors.js';
import { native } from '../addon/native.js';
import { textOf } from './failure.js';

/** The store that a process opens or connects to. */
export interface StoreOptions {
  /** The name or address of the host that keeps it. */
  readonly host: string;
  /** 0 where it is kept: a port that the system chooses. */
  readonly port: number;
  /** Whether this process keeps it. */
  readonly serves: boolean;
  readonly timeoutMs: number;
}

/** Texts by key that all processes of a group see. */
export class Store {
  private constructor(
    private readonly native: object,
    private readonly options: StoreOptions,
  ) {}

  /**
   * @throws MeetingError when nobody keeps it there, the port is not free, or there is no such host
   */
  static async open({ host, port, serves, timeoutMs }: StoreOptions): Promise<Store> {
    try {
      const opened = await native.openStore(host, port, serves, timeoutMs);
      return new Store(opened, { host, port, serves, timeoutMs });
    } catch (cause) {
      throw await refusal({ host, port, serves, timeoutMs }, textOf(cause));
    }
  }

  /** The port at which it is reached. */
  get port(): number {
    return native.storePort(this.native);
  }

  async put(key: string, text: string): Promise<void> {
    await this.within(this.options.timeoutMs, native.putInStore(this.native, key, text));
  }

  /** Waits until somebody has put a text there. @returns undefined when time is up */
  async get(key: string, timeoutMs: number): Promise<string | undefined> {
    const text = native.getFromStore(this.native, key, timeoutMs);
    return (await this.within(timeoutMs + this.options.timeoutMs, text)) ?? undefined;
  }

  /** The address of this host by which it reaches the store: others reach this host by it. */
  ownAddress(): Promise<string> {
    return new Promise((resolve, reject) => {
      const { host } = this.options;
      const socket = connect({ host, port: this.port });
      socket.once('error', (cause) => reject(new GroupError(textOf(cause), { cause })));
      socket.once('connect', () => {
        const { localAddress } = socket;
        socket.destroy();
        resolve(localAddress ?? host);
      });
    });
  }

  /** Joins the processes of a group that carry its name. @returns the addon's group */
  join(
    name: string,
    {
      rank,
      size,
      address,
      timeoutMs,
    }: {
      readonly rank: number;
      readonly size: number;
      readonly address: string;
      readonly timeoutMs: number;
    },
  ): Promise<object> {
    return native.joinGroup(this.native, name, rank, size, address, timeoutMs);
  }

  /** Another connection to the same store. */
  async again(): Promise<Store> {
    return Store.open({ ...this.options, port: this.port, serves: false });
  }

  /** Connects the GPUs of a group. @returns the addon's group of them */
  joinGpus(
    name: string,
    {
      rank,
      size,
      device,
      timeoutMs,
    }: {
      readonly rank: number;
      readonly size: number;
      readonly device: string;
      readonly timeoutMs: number;
    },
  ): Promise<object> {
    return native.joinGpus(this.native, `${name}/gpus`, rank, size, device, timeoutMs);
  }

  async close(): Promise<void> {
    await native.closeStore(this.native);
  }

  /** Waits no longer: whoever listens there may be no store, or one of another libtorch. */
  private async within<Result>(timeoutMs: number, result: Promise<Result>): Promise<Result> {
    const timer = new AbortController();
    const late = setTimeout(timeoutMs, 'late' as const, { signal: timer.signal });
    // A timer that is not needed any more rejects.
    late.catch(() => {});
    const answer = result.then(
      (value) => ({ value }),
      (cause) => {
        throw this.unexpected(textOf(cause), { cause });
      },
    );
    const first = await Promise.race([answer, late]);
    timer.abort();
    if (first !== 'late') return first.value;
    throw this.unexpected('timeout');
  }

  private unexpected(text: string, options?: ErrorOptions): GroupError {
    const { host, port, timeoutMs } = this.options;
    if (/[Tt]imeout/.test(text)) {
      return new GroupError(
        `Expected process 0 to answer at ${host}:${port} within ${timeoutMs / 1000} s but it did not.\n` +
          'It may be stopped, or another libtorch than this one listens there.',
        options,
      );
    }
    if (/Broken pipe|[Rr]eset|[Cc]losed/.test(text)) {
      return new GroupError(
        `Expected process 0 to stay at ${host}:${port} but it has ended.`,
        options,
      );
    }
    return new GroupError(
      `Expected a store of this libtorch at ${host}:${port} but got ${text.replace(/\.+$/, '')}.`,
      options,
    );
  }
}

/** Says why a store was not opened, in our words where libtorch's are known. */
async function refusal(
  { host, port, serves, timeoutMs }: StoreOptions,
  text: string,
): Promise<TorchError> {
  const place = `${host}:${port}`;
  const seconds = timeoutMs / 1000;
  if (/EADDRINUSE|[Aa]ddress already in use/.test(text)) {
    return new MeetingError(`Expected port ${port} to be free for process 0 but it is in use.`);
  }
  // libtorch may say no more than that time is up.
  if (!(await isKnown(host))) {
    return new MeetingError(
      `Expected the name or address of a host but got ${host}, which was not found within ${seconds} s.`,
    );
  }
  if (/timed out|[Tt]imeout/.test(text) && !serves) {
    return new MeetingError(
      `Expected process 0 to listen at ${place} but nothing did within ${seconds} s.`,
    );
  }
  return new MeetingError(`Expected a store at ${place} but got: ${text}`);
}

async function isKnown(host: string): Promise<boolean> {
  try {
    await lookup(host);
    return true;
  } catch {
    return false;
  }
}
