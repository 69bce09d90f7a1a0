/**
 * `--devices`: starts the program once for each device, as processes that work together. This
 * process loads no libtorch. It shows what the first one says, passes signals on as wishes, and ends
 * all when one ends badly.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { signalsThatStop } from '../nohup.js';
import { ErrorLines } from '../output/error-lines.js';
import { complain } from '../output/terminal/terminal.js';
import { exitCodes, type StopWish } from '../stop-wish.js';
import { launchedVariable } from './cluster.js';
import type { PortMessage } from './join-team.js';
import type { Processes } from './processes.js';

/** The time that processes have to learn that one of them has ended badly, and why. */
const patienceMs = 5000;

/** The time that they have to end when they are asked to. */
const graceMs = 5000;

/** The end of a process. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Runs the processes of this host to their end. @returns the exit code */
export async function launch(processes: Processes): Promise<number> {
  const { nodes, devices } = processes;
  const firstRank = nodes.rank * devices.length;
  const children = devices.map((_, i) => startChild(i, processes));
  const [first, ...others] = children;
  if (first && !nodes.main) passPort(first, others);
  const lines = new ErrorLines();
  for (const [i, { stderr }] of children.entries()) {
    if (!stderr) continue;
    createInterface({ input: stderr }).on('line', (line) => lines.add(firstRank + i, line));
  }
  const stop = passSignals(children);
  let failure: { readonly i: number; readonly end: End } | undefined;
  const ends = await Promise.all(
    children.map(async (child, i) => {
      const [code, signal] = await once(child, 'close');
      const end: End = { code, signal };
      if (!failure && !isOrderly(end) && stop.code === undefined) {
        failure = { i, end };
        lines.endBecauseOf(firstRank + i);
        endAll(children);
      }
      return end;
    }),
  );
  lines.end();
  if (stop.code !== undefined) return stop.code;
  if (!failure) return ends[0]?.code ?? 1;
  const { i, end } = failure;
  const device = devices[i];
  const name = `Process ${firstRank + i}${device?.includes(':') ? ` (${device})` : ''}`;
  if (end.signal !== null) complain(`um-mae: ${name} was killed by ${end.signal}.`);
  else if (!lines.hasShown) complain(`um-mae: ${name} ended with code ${end.code}.`);
  return end.code ?? 128 + constants.signals[end.signal ?? 'SIGKILL'];
}

/** @param i the number of the process among those of this host */
function startChild(i: number, { nodes, devices, args }: Processes): ChildProcess {
  const [, program = ''] = process.argv;
  const rank = nodes.rank * devices.length + i;
  const device = devices[i] === undefined ? [] : ['--device', devices[i]];
  const output = rank === 0 ? 'inherit' : 'ignore';
  return spawn(process.execPath, [...process.execArgv, program, ...args, ...device], {
    stdio: ['ignore', output, 'pipe', 'ipc'],
    // Ctrl-C reaches this process alone.
    detached: true,
    env: { ...process.env, ...placeOf(i, { nodes, devices }) },
  });
}

/** The variables of a process, as torchrun sets them. */
function placeOf(i: number, { nodes, devices }: Pick<Processes, 'nodes' | 'devices'>) {
  return {
    [launchedVariable]: '1',
    RANK: `${nodes.rank * devices.length + i}`,
    WORLD_SIZE: `${nodes.count * devices.length}`,
    LOCAL_RANK: `${i}`,
    LOCAL_WORLD_SIZE: `${devices.length}`,
    MASTER_ADDR: nodes.main?.host ?? '127.0.0.1',
    MASTER_PORT: `${nodes.main?.port ?? 0}`,
  };
}

/** Tells every process that asks the port at which the first one listens. */
function passPort(first: ChildProcess, others: readonly ChildProcess[]): void {
  const told = once(first, 'message') as Promise<[PortMessage]>;
  for (const child of others) child.once('message', async () => send([child], (await told)[0]));
}

function send(children: readonly ChildProcess[], message: PortMessage | StopWish): void {
  for (const child of children) if (child.connected) child.send(message);
}

/** The exit code of all together, once a second signal has come. */
interface Stop {
  code?: number;
}

/** The first signal is a wish, a second one ends all at once. */
function passSignals(children: readonly ChildProcess[]): Stop {
  const stop: Stop = {};
  let passed = false;
  const kill = (name: NodeJS.Signals) => {
    for (const child of children) child.kill(name);
  };
  for (const name of signalsThatStop()) {
    process.on(name, () => {
      if (!passed) send(children, { stop: name });
      else if (stop.code === undefined) {
        stop.code = exitCodes[name];
        kill(name);
        // To a process the wish was no signal yet; by its second one it removes what is half-written.
        setTimeout(kill, betweenMs, name).unref();
        setTimeout(kill, lastMs, 'SIGKILL').unref();
      }
      passed = true;
    });
  }
  return stop;
}

/** The times from a second signal to those that end a process which does not. */
const betweenMs = 50;
const lastMs = 1000;

/** Whether a process has done its work, or has been asked to end. */
function isOrderly({ code }: End): boolean {
  return code === 0 || code === 129 || code === 130 || code === 143;
}

function endAll(children: readonly ChildProcess[]): void {
  const send = (signal: NodeJS.Signals) => {
    for (const child of children) child.kill(signal);
  };
  setTimeout(() => {
    send('SIGTERM');
    setTimeout(send, graceMs, 'SIGKILL').unref();
  }, patienceMs).unref();
}
