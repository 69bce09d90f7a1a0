import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { checkReachable, Group } from '../src/distributed/group.js';
import type { Gradients, Orders } from './member.js';

/** The end of a process, and what it has told before. */
interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly result?: unknown;
  readonly errors?: readonly string[];
  /** Threads that have ended with the group. */
  readonly ended?: number;
}

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

interface Member {
  readonly child: ChildProcess;
  readonly port: Promise<number>;
  readonly outcome: Promise<Outcome>;
}

function start(orders: Orders): Member {
  const child = fork(new URL('./member.js', import.meta.url));
  children.push(child);
  let told: object = {};
  child.on('message', (message: object) => {
    told = { ...told, ...message };
  });
  const port = once(child, 'message').then(([message]) => (message as { port: number }).port);
  const outcome = once(child, 'exit').then(([code, signal]) => ({ code, signal, ...told }));
  child.send(orders);
  return { child, port, outcome };
}

/** Starts two processes, the second with the port that the first has found. */
async function startPair(scenario: Orders['scenario'], timeoutMs: number): Promise<Member[]> {
  const first = start({ scenario, rank: 0, size: 2, port: 0, timeoutMs });
  const second = start({ scenario, rank: 1, size: 2, port: await first.port, timeoutMs });
  return [first, second];
}

async function pair(scenario: Orders['scenario'], timeoutMs = 20_000): Promise<Outcome[]> {
  const members = await startPair(scenario, timeoutMs);
  return Promise.all(members.map(({ outcome }) => outcome));
}

test('processes exchange tensors, texts and gradients', async () => {
  const [first, second] = await pair('exchange');
  const same = {
    sum: [1, 10],
    max: [1, 0],
    sent: [2],
    gathered: [
      [0, 0],
      [1, 1],
    ],
    sums: [0.2, 1],
    text: 'a grüner Text',
    nothing: null,
  };
  const end = { code: 0, signal: null, result: same };
  expect([first, second]).toMatchObject([end, end]);
  expect(sharedOf(first)).toEqual(sharedOf(second));
  // Gloo has one for its connections and two for its work.
  for (const { ended } of [first, second] as Outcome[]) expect(ended).toBeGreaterThanOrEqual(3);
  const { alone, found } = { alone: [], found: [], ...(first?.result as Partial<Gradients>) };
  expect(found).toHaveLength(3);
  for (const gradients of found)
    for (const [i, gradient] of gradients.entries())
      expect(Math.abs(gradient - (alone[i] ?? Number.NaN))).toBeLessThan(1e-6);
  for (const end of [first, second]) {
    const { norms } = resultOf(end);
    expect(Math.max(...norms.together)).toBeLessThan(1e-12);
    // Values of their own statistics differ, and running ones are those of all.
    const [values = 0, , , , ...running] = norms.apart;
    expect(values).toBeGreaterThan(0.01);
    expect(Math.max(...running)).toBeLessThan(1e-12);
  }
});

/** The results that all processes have alike. */
function sharedOf(end: Outcome | undefined): object {
  const { norms: _, ...shared } = resultOf(end);
  return shared;
}

function resultOf(end: Outcome | undefined): { readonly norms: Norms } {
  return { norms: { together: [], apart: [] }, ...(end?.result as object) };
}

/** The largest differences of values, gradients and running statistics. */
interface Norms {
  readonly together: readonly number[];
  readonly apart: readonly number[];
}

const self = `process 0 of 2 on ${hostname()}`;
const lost = `GroupError: Expected an answer of the other processes in ${self} but`;

test('a missing gradient is named, and a process that is killed ends the others', async () => {
  const [first, second] = await pair('killed');
  expect(second).toMatchObject({ signal: 'SIGKILL' });
  expect(first?.code).toBe(3);
  expect(first?.errors).toEqual([
    'GroupError: Expected a gradient of every parameter in process 0 but got none of `spare`.',
    `${lost} one at 127.0.0.1 has ended.`,
    `${lost} one at 127.0.0.1 has ended.`,
  ]);
});

test('a process that does not answer ends the others in time', async () => {
  const [first, second] = await startPair('stopped', 3000);
  expect(await first?.outcome).toMatchObject({ code: 3, errors: [`${lost} got none in time.`] });
  second?.child.kill('SIGKILL');
});

test('processes that cannot meet say why', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const place = { rank: 0, size: 4, host: '127.0.0.1', port: 0, joinTimeoutMs: 2000 };
  await expect(Group.join(place)).rejects.toThrow(
    /^Expected 4 processes to join at 127\.0\.0\.1:\d+ within 2 s but processes 1, 2 and 3 are missing\.$/,
  );
  await expect(Group.join({ ...place, port })).rejects.toThrow(
    `Expected port ${port} to be free for process 0 but it is in use.`,
  );
  await expect(Group.join({ ...place, rank: 4 })).rejects.toThrow(
    'Expected a process from 0 to 3 but got 4 of 4.',
  );
  const alone = { ...place, size: 1, joinTimeoutMs: 10_000 };
  let taken = 0;
  const onPort = (found: number) => {
    taken = found;
  };
  const group = await Group.join({ ...alone, onPort });
  await expect(Group.join({ ...alone, port: taken, serves: false })).rejects.toThrow(
    `Expected no other process 0 of 1 at 127.0.0.1:${taken} but got one on ${hostname()}.`,
  );
  await group.close();
  server.close();
  await once(server, 'close');
  await expect(Group.join({ ...place, rank: 1, port, joinTimeoutMs: 1000 })).rejects.toThrow(
    `Expected process 0 to listen at 127.0.0.1:${port} but nothing did within 1 s.`,
  );
  const away = { ...place, rank: 1, port, host: 'nowhere.invalid', joinTimeoutMs: 1000 };
  await expect(Group.join(away)).rejects.toThrow(
    'Expected the name or address of a host but got nowhere.invalid, which was not found within 1 s.',
  );
});

test('an address that other hosts do not reach is refused', () => {
  const here = { host: 'a', address: '127.0.0.1' };
  expect(() => checkReachable([here, here])).not.toThrow();
  expect(() =>
    checkReachable([
      { host: 'a', address: '10.0.0.1' },
      { ...here, host: 'b' },
    ]),
  ).toThrow('Expected an address of b that other hosts reach for process 1 but got 127.0.0.1.');
});
