/** Processes that are killed at random moments, and runs that go on. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { childrenOf, digestOf, lastOnes, program, start, tiny } from '../processes.mjs';

const processes = 3;
const rounds = 20;

/** The same moments in every run of the experiment. */
function randoms(seed) {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

async function twentyKills({ data, out }) {
  const settings = [
    ...['pretrain', '--data', data, ...tiny, '--batch-size', '6', '--json', '--patience', '20'],
    ...['--set', 'duration.steps=600', '--set', 'dropPath=0.3'],
    ...['--set', 'checkpoints.every.steps=5', '--devices', `${processes}`, '--continue'],
  ];
  const command = (name) => [process.execPath, program, ...settings, '--out', join(out, name)];
  const unbroken = await start(command('unbroken')).outcome;
  const random = randoms(7);
  const killed = [];
  for (let round = 0; round < rounds; round++) {
    const victim = ['launcher', 'process 0', 'process 1'][round % 3];
    killed.push({ victim, ...(await killOnce(command('killed'), victim, 3000 * random())) });
    console.log(killed.at(-1));
  }
  const last = await start(command('killed')).outcome;
  const [expected, found] = ['unbroken', 'killed'].map((name) => digestOf(join(out, name)));
  const partial = readdirSync(join(out, 'killed/checkpoints')).filter((name) =>
    /tmp|new/.test(name),
  );
  const slowest = Math.max(...killed.map(({ goneAfter }) => goneAfter));
  const left = Math.max(...killed.map((each) => each.left));
  const isRight =
    expected === found && left === 0 && slowest < 15 && unbroken.code === 0 && last.code === 0;
  return { isRight, expected, found, partial, slowest, left, killed, end: last };
}

/** Kills a process some time after the first step. */
async function killOnce(command, victim, delayMs) {
  let step;
  const first = deferred();
  const { child, outcome } = start(command, {
    onEvent(event) {
      if (event.kind !== 'step') return;
      step = event.metrics.step;
      first.resolve();
    },
  });
  await Promise.race([first.promise, outcome]);
  await setTimeout(delayMs);
  const children = childrenOf(child.pid);
  const pid = { launcher: child.pid, 'process 0': children[0], 'process 1': children[1] }[victim];
  if (pid !== undefined && existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
  const { code, stderr } = await outcome;
  const { left, seconds } = await lastOnes(command.at(-1), 30);
  return { step, code, stderr, left, goneAfter: seconds };
}

function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve) => {
    parts.resolve = resolve;
  });
  return parts;
}

export const kills = { 'twenty kills': twentyKills };
