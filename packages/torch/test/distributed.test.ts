import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { exchangeOf } from '../src/distributed/gpus.js';
import { Group } from '../src/distributed/group.js';
import { checkReachable } from '../src/distributed/meeting.js';
import { devices } from '../src/index.js';
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
async function startPair(
  scenario: Orders['scenario'],
  { timeoutMs = 20_000, device = 'cpu' }: Partial<Pick<Orders, 'timeoutMs' | 'device'>> = {},
): Promise<Member[]> {
  const common = { scenario, size: 2, timeoutMs, device };
  const first = start({ ...common, rank: 0, port: 0 });
  const second = start({ ...common, rank: 1, port: await first.port });
  return [first, second];
}

async function pair(scenario: Orders['scenario'], device = 'cpu'): Promise<Outcome[]> {
  const members = await startPair(scenario, { device });
  return Promise.all(members.map(({ outcome }) => outcome));
}

const hasCuda = devices().includes('cuda:0');

test('processes exchange tensors, texts and gradients', async () => {
  const [first, second] = await pair('exchange');
  expectExchanged([first, second], 1e-6);
  expect(first?.result).toMatchObject({ exchange: null });
  // Gloo has one for its connections and two for its work.
  for (const { ended } of [first, second] as Outcome[]) expect(ended).toBeGreaterThanOrEqual(3);
});

test.skipIf(!hasCuda)('so do two on one GPU (needs a CUDA device), over Gloo', async () => {
  const outcomes = await pair('exchange', 'cuda:0');
  expectExchanged(outcomes, 1e-5);
  const because = expect.stringMatching(/^processes 0 and 1 share a GPU$|has no NCCL$/);
  expect(outcomes[0]?.result).toMatchObject({ exchange: { by: 'gloo', because } });
});

test.skipIf(!hasCuda)('and one process by NCCL (needs a CUDA device)', async () => {
  const orders = { scenario: 'exchange', rank: 0, size: 1, port: 0, timeoutMs: 60_000 } as const;
  const found = await start({ ...orders, device: 'cuda:0' }).outcome;
  expect(found).toMatchObject({ code: 0, result: { sum: [0, 0], gathered: [[0, 0]] } });
  expect((found.result as { exchange: object }).exchange).toMatchObject({
    by: expect.stringMatching(/^nccl$|^gloo$/),
  });
});

test('GPUs exchange by NCCL where all have it and each its own', () => {
  const gpu = (identity: string, nccl = '2.30.7') => ({ host: 'a', nccl, identity });
  expect(exchangeOf([gpu('1'), gpu('2')])).toEqual({ by: 'nccl', version: '2.30.7' });
  expect(exchangeOf([gpu('1'), gpu('2'), gpu('1')])).toEqual({
    by: 'gloo',
    because: 'processes 0 and 2 share a GPU',
    sharing: [0, 2],
  });
  expect(exchangeOf([gpu('1'), gpu('', '')])).toEqual({
    by: 'gloo',
    because: 'process 1 on a has no NCCL',
  });
});

/** @param gradients the largest difference of gradients */
function expectExchanged([first, second]: readonly (Outcome | undefined)[], gradients: number) {
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
    waited: true,
  };
  const end = { code: 0, signal: null, result: same };
  expect([first, second]).toMatchObject([end, end]);
  expect(sharedOf(first)).toEqual(sharedOf(second));
  const { alone, found } = { alone: [], found: [], ...(first?.result as Partial<Gradients>) };
  expect(found).toHaveLength(3);
  for (const each of found)
    for (const [i, gradient] of each.entries())
      expect(Math.abs(gradient - (alone[i] ?? Number.NaN))).toBeLessThan(gradients);
  for (const end of [first, second]) {
    const { norms } = resultOf(end);
    expect(Math.max(...norms.together)).toBeLessThan(1e-12);
    // Values of their own statistics differ, and running ones are those of all.
    const [values = 0, , , , ...running] = norms.apart;
    expect(values).toBeGreaterThan(0.01);
    expect(Math.max(...running)).toBeLessThan(1e-12);
  }
}

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
  const [first, second] = await startPair('stopped', { timeoutMs: 3000 });
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
