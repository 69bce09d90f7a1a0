/** Processes that work together as tests say; they outlive the groups that they form. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { on } from 'node:events';
import type { Call, Calls } from './crew-member.js';

type Options<Name extends keyof Calls> = Parameters<Calls[Name]>[0];

type Answer<Name extends keyof Calls> = Awaited<ReturnType<Calls[Name]>>;

/** A message of a process. */
interface Message {
  readonly port?: number;
  readonly result?: unknown;
  readonly error?: string;
}

export class Crew {
  private readonly children: readonly ChildProcess[];
  private members = 0;

  /**
   * @param processes the most that work together at a time
   * @param options.threads of each
   */
  constructor(processes: number, { threads = 1 } = {}) {
    this.children = Array.from({ length: processes }, () =>
      fork(new URL('./crew-member.js', import.meta.url), {
        serialization: 'advanced',
        env: { ...process.env, OMP_NUM_THREADS: `${threads}`, GLOG_minloglevel: '3' },
      }),
    );
  }

  /**
   * Lets the first processes work together, instead of those that have before.
   *
   * @param options.patienceMs the longest that they wait for each other
   */
  async form(size: number, { patienceMs = 60_000 } = {}): Promise<void> {
    if (this.members > 0) await this.each('leave', () => undefined);
    this.members = size;
    const [first, ...others] = this.children.slice(0, size);
    if (!first) return;
    const leader = this.ask(first, 'join', { rank: 0, size, port: 0, patienceMs });
    const port = size > 1 ? await portOf(first) : 0;
    const joined = others.map((child, i) =>
      this.ask(child, 'join', { rank: i + 1, size, port, patienceMs }),
    );
    await Promise.all([leader, ...joined]);
  }

  /** Stops the first process for good, which says nothing from now on. @returns what the others do */
  withoutFirst<Name extends keyof Calls>(
    name: Name,
    options: Options<Name>,
  ): Promise<Answer<Name>[]> {
    const [first, ...others] = this.children.slice(0, this.members);
    first?.kill('SIGSTOP');
    return Promise.all(others.map((child) => this.ask(child, name, options)));
  }

  /** Calls the same in all that work together, each with options of its own. */
  async each<Name extends keyof Calls>(
    name: Name,
    options: (rank: number) => Options<Name>,
  ): Promise<Answer<Name>[]> {
    const members = this.children.slice(0, this.members);
    const answers = members.map((child, rank) => this.ask(child, name, options(rank)));
    // Also where one fails: nothing may come when the next call waits.
    await Promise.allSettled(answers);
    return Promise.all(answers);
  }

  /** Ends the processes. */
  disband(): void {
    for (const child of this.children) child.kill('SIGKILL');
  }

  private async ask<Name extends keyof Calls>(
    child: ChildProcess,
    name: Name,
    options: Options<Name>,
  ): Promise<Answer<Name>> {
    const messages = on(child, 'message', { close: ['exit'] });
    child.send({ name, options: options ?? {} } satisfies Call);
    for await (const [message] of messages as AsyncIterable<[Message]>) {
      if (message.error !== undefined) assert.fail(message.error);
      if (message.port === undefined) return message.result as Answer<Name>;
    }
    assert.fail(`a process has ended in \`${name}\``);
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  for await (const [message] of on(child, 'message') as AsyncIterable<[Message]>)
    if (message.port !== undefined) return message.port;
  return 0;
}
