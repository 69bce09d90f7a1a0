/** The store of a group: small texts by key, kept by one process and reached by all over TCP. */
import { connect } from 'node:net';
import { GroupError } from '../addon/errors.js';
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
    private readonly host: string,
  ) {}

  /** @throws GroupError when nobody keeps it there, or the port is not free */
  static async open({ host, port, serves, timeoutMs }: StoreOptions): Promise<Store> {
    try {
      return new Store(await native.openStore(host, port, serves, timeoutMs), host);
    } catch (cause) {
      throw refusal({ host, port, serves, timeoutMs }, textOf(cause));
    }
  }

  /** The port at which it is reached. */
  get port(): number {
    return native.storePort(this.native);
  }

  async put(key: string, text: string): Promise<void> {
    await native.putInStore(this.native, key, text);
  }

  /** Waits until somebody has put a text there. @returns undefined when time is up */
  async get(key: string, timeoutMs: number): Promise<string | undefined> {
    return (await native.getFromStore(this.native, key, timeoutMs)) ?? undefined;
  }

  /** The address of this host by which it reaches the store: others reach this host by it. */
  ownAddress(): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.host, port: this.port });
      socket.once('error', (cause) => reject(new GroupError(textOf(cause), { cause })));
      socket.once('connect', () => {
        const { localAddress } = socket;
        socket.destroy();
        resolve(localAddress ?? this.host);
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

  async close(): Promise<void> {
    await native.closeStore(this.native);
  }
}

/** Says why a store was not opened, in our words where libtorch's are known. */
function refusal({ host, port, serves, timeoutMs }: StoreOptions, text: string): GroupError {
  const place = `${host}:${port}`;
  if (/EADDRINUSE|[Aa]ddress already in use/.test(text)) {
    return new GroupError(`Expected port ${port} to be free for process 0 but it is in use.`);
  }
  if (/timed out|[Tt]imeout/.test(text) && !serves) {
    const seconds = timeoutMs / 1000;
    return new GroupError(
      `Expected process 0 to listen at ${place} but nothing did within ${seconds} s.`,
    );
  }
  return new GroupError(`Expected a store at ${place} but got: ${text}`);
}
