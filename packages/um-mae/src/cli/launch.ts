/**
 * `--devices N`: starts the program N times, as processes that train together. This process loads no
 * libtorch. It shows what the first one says, passes signals on as wishes, and ends all when one
 * ends badly.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { PortMessage } from './join-team.js';
import { ErrorLines } from './output/error-lines.js';
import { complain } from './output/terminal.js';
import type { StopWish } from './stop-signals.js';

/** The time that processes have to end after one of them has ended badly. */
const graceMs = 10_000;

/** The end of a process. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process, and the arguments that all share. */
export interface Processes {
  readonly count: number;
  readonly args: readonly string[];
}

/** The commands that several processes run together. */
const sharedCommands: readonly string[] = ['pretrain'];

/**
 * Finds `--devices N` with more than one in a command line.
 *
 * @returns undefined where the command runs in this process
 */
export function processesIn(args: readonly string[]): Processes | undefined {
  if (!sharedCommands.includes(args[0] ?? '') || args.includes('--help')) return undefined;
  const at = args.findIndex((arg) => arg === '--devices' || arg.startsWith('--devices='));
  const [, inline] = args[at]?.split('=') ?? [];
  const count = Number(inline ?? args[at + 1]);
  if (at === -1 || !Number.isInteger(count) || count < 2) return undefined;
  return { count, args: args.toSpliced(at, inline === undefined ? 2 : 1) };
}

/** Runs the processes to their end. @returns the exit code */
export async function launch({ count, args }: Processes): Promise<number> {
  const children = Array.from({ length: count }, (_, rank) => startChild(rank, { count, args }));
  const [first, ...others] = children;
  if (first) passPort(first, others);
  const lines = new ErrorLines();
  for (const [rank, { stderr }] of children.entries())
    if (stderr) createInterface({ input: stderr }).on('line', (line) => lines.add(rank, line));
  passSignals(children);
  let failure: { readonly rank: number; readonly end: End } | undefined;
  const ends = await Promise.all(
    children.map(async (child, rank) => {
      const [code, signal] = await once(child, 'close');
      const end: End = { code, signal };
      if (!failure && !isOrderly(end)) {
        failure = { rank, end };
        lines.endBecauseOf(rank);
        endAll(children);
      }
      return end;
    }),
  );
  lines.end();
  if (!failure) return ends[0]?.code ?? 1;
  const { rank, end } = failure;
  if (end.signal !== null) complain(`um-mae: Process ${rank} was killed by ${end.signal}.`);
  else if (!lines.hasShown) complain(`um-mae: Process ${rank} ended with code ${end.code}.`);
  return end.code ?? 128 + constants.signals[end.signal ?? 'SIGKILL'];
}

function startChild(rank: number, { count, args }: Processes): ChildProcess {
  const [, program = ''] = process.argv;
  const output = rank === 0 ? 'inherit' : 'ignore';
  return spawn(process.execPath, [...process.execArgv, program, ...args], {
    stdio: ['ignore', output, 'pipe', 'ipc'],
    // Ctrl-C reaches this process alone.
    detached: true,
    env: {
      ...process.env,
      RANK: `${rank}`,
      WORLD_SIZE: `${count}`,
      LOCAL_RANK: `${rank}`,
      LOCAL_WORLD_SIZE: `${count}`,
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: '0',
      // What libtorch has to say of a failed connection, our own sentences say.
      GLOG_minloglevel: '3',
    },
  });
}

/** Tells every process that asks the port at which the first one listens. */
function passPort(first: ChildProcess, others: readonly ChildProcess[]): void {
  const told = once(first, 'message') as Promise<[PortMessage]>;
  for (const child of others) child.once('message', async () => send([child], (await told)[0]));
}

function send(children: readonly ChildProcess[], message: PortMessage | StopWish): void {
  for (const child of children) if (child.connected) child.send(message);
}

/** The first signal is a wish, a second one ends all at once. */
function passSignals(children: readonly ChildProcess[]): void {
  let passed = false;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (passed) for (const child of children) child.kill('SIGKILL');
      else send(children, { stop: name });
      passed = true;
    });
  }
}

/** Whether a process has done its work, or has been asked to end. */
function isOrderly({ code }: End): boolean {
  return code === 0 || code === 130 || code === 143;
}

function endAll(children: readonly ChildProcess[]): void {
  for (const child of children) child.kill('SIGTERM');
  setTimeout(() => {
    for (const child of children) child.kill('SIGKILL');
  }, graceMs).unref();
}
