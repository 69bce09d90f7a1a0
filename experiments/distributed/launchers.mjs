/**
 * Do runs go on where launchers restart, requeue, cancel or end them? The files of
 * `examples/cluster` by torchrun, Slurm (a node that is started here, by root) and Open MPI, all of
 * which have to be installed.
 *
 *     node experiments/distributed/launchers.mjs [CASE...]
 *
 * A line of `launchers.jsonl` for each case: what happened, its exit codes, and whether weights and
 * moments at the end are those of a run that nobody disturbed, byte for byte.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkpointDigests } from '../../packages/um-mae/dist/cli/testing/golden-runs.js';
import { freePort } from '../../packages/um-mae/dist/cli/testing/team/free-port.js';
import { SlurmNode } from '../../packages/um-mae/dist/cli/testing/team/slurm-node.js';
import { writeScenes } from '../../packages/um-mae/dist/demo/scenes.js';
import { keepResults, readLines } from '../run.mjs';

const wanted = process.argv.slice(2);
const results = new URL('launchers.jsonl', import.meta.url);
const examples = fileURLToPath(new URL('../../examples/cluster/', import.meta.url));
const program = fileURLToPath(new URL('../../packages/um-mae/bin/um-mae.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'launchers-'));
const data = join(folder, 'data');
await writeScenes(data, { perClass: { train: 4, val: 0 }, seed: 1, size: 40 });
const flags = [
  ...['--model', 'swin-micro', '--image-size', '32', '--threads', '1', '--workers', '1'],
  ...['--set', 'backbone.channels=8', '--set', 'backbone.heads=[1, 1, 1, 1]'],
  ...['--set', 'decoder.channels=16', '--set', 'decoder.heads=2', '--set', 'logEvery=1'],
  ...['--batch-size', '4', '--patience', '60', '--json'],
  ...['--set', 'duration.steps=60', '--set', 'checkpoints.every.steps=7'],
];
const common = { UM_MAE: program, DATA: data, DEVICE: 'cpu', DEVICES: '2' };

/** Runs a command to its end. @returns its exit code, and the steps at which it has started runs */
function outcomeOf([command, ...args], variables = {}) {
  return new Promise((done) => {
    const env = { ...process.env, ...variables };
    execFile(command, args, { env }, (error, stdout) => {
      const events = stdout.split('\n').filter((line) => line.startsWith('{'));
      const starts = events
        .map((line) => JSON.parse(line))
        .filter(({ kind }) => kind === 'started');
      done({ code: error ? error.code : 0, starts: starts.map(({ step }) => step) });
    });
  });
}

/** Trains in two processes of `--devices`. */
function trainHere(out, ...more) {
  return outcomeOf([
    process.execPath,
    program,
    'pretrain',
    ...more,
    '--devices',
    '2',
    '--out',
    out,
  ]);
}

const undisturbed = join(folder, 'undisturbed');
await trainHere(undisturbed, '--data', data, ...flags);
const expected = JSON.stringify(checkpointDigests(undisturbed));

/** The processes of a run. */
function processesOf(out) {
  return readdirSync('/proc').filter((pid) => {
    const words = textOf(`/proc/${pid}/cmdline`).split('\0');
    return words.includes(program) && words.includes(out) && words[0]?.endsWith('node');
  });
}

/** Reads a file that may be gone. */
function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Kills the process of a run that has a variable. */
function killOf(out, variable) {
  const isIt = (pid) => textOf(`/proc/${pid}/environ`).split('\0').includes(variable);
  process.kill(Number(processesOf(out).find(isIt)), 'SIGKILL');
}

/** The number of processes that are left of a run after a while. */
async function leftOf(out) {
  for (let tenths = 0; tenths < 150 && processesOf(out).length > 0; tenths++) await setTimeout(100);
  return processesOf(out).length;
}

/** Whether a run has got to its end, as if nobody had disturbed it; and what is left of it. */
async function endOf(out) {
  const left = await leftOf(out);
  return { isEqual: JSON.stringify(checkpointDigests(out)) === expected, left };
}

/** Waits until a run has taken a step. */
async function reach(out, step) {
  for (;;) {
    const last = textOf(join(out, 'metrics.jsonl')).trimEnd().split('\n').at(-1) ?? '';
    if (last.endsWith('}') && JSON.parse(last).step >= step) return;
    await setTimeout(20);
  }
}

/** Runs a file of the examples. */
function runExample(file, out, variables = {}) {
  return outcomeOf(['sh', join(examples, file), ...flags], { ...common, OUT: out, ...variables });
}

/** torchrun starts all again when one is killed. */
async function restarted(out, rank) {
  const outcome = runExample('torchrun.sh', out);
  await reach(out, 20);
  killOf(out, `RANK=${rank}`);
  return { ...(await outcome), ...(await endOf(out)) };
}

/** mpirun ends all when one is killed; the same command goes on. */
async function endedByMpi(out) {
  const asRoot = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
  const place = { HOSTS: 'localhost:2', PORT: `${await freePort()}` };
  const start = () => runExample('openmpi.sh', out, { ...asRoot, ...place });
  const first = start();
  await reach(out, 20);
  killOf(out, 'OMPI_COMM_WORLD_RANK=1');
  const killed = await first;
  const leftOfKilled = await leftOf(out);
  return { killed: killed.code, leftOfKilled, ...(await start()), ...(await endOf(out)) };
}

/** Trains by a job of Slurm that is disturbed. */
async function inSlurm(out, disturb) {
  const own = `${out}-slurm`;
  mkdirSync(own);
  const node = await SlurmNode.start(own);
  const env = { ...process.env, ...common, OUT: out, SLURM_CONF: node.configuration };
  const call = (command, ...args) => execFileSync(command, args, { env, encoding: 'utf8' }).trim();
  const size = ['--nodes=1', '--ntasks-per-node=2', '--gpus-per-node=0', '--cpus-per-task=1'];
  try {
    const file = join(examples, 'slurm.sbatch');
    const job = call('sbatch', '--parsable', ...size, '--output', join(own, 'log'), file, ...flags);
    const fact = (name) =>
      new RegExp(`${name}=(\\w+)`).exec(call('scontrol', 'show', 'job', job))?.[1];
    const until = async (...states) => {
      while (!states.includes(fact('JobState'))) await setTimeout(100);
      return fact('JobState');
    };
    await reach(out, 20);
    const found = await disturb({ job, call, until });
    return { ...found, requeues: Number(fact('Restarts')), left: await leftOf(out) };
  } finally {
    await node.stop();
  }
}

/** The signal that comes before the end, which is sent now. */
async function requeued({ job, call, until }) {
  call('scancel', '--signal=USR1', job);
  await until('PENDING');
  // Slurm lets two minutes pass.
  call('scontrol', 'update', `JobId=${job}`, 'StartTime=now');
  return { state: await until('COMPLETED', 'FAILED') };
}

/** A job that is cancelled does not queue again. */
async function cancelled({ job, call, until }) {
  call('scancel', job);
  await until('CANCELLED');
  await setTimeout(3000);
  return { state: await until('CANCELLED', 'PENDING', 'RUNNING', 'COMPLETED') };
}

const cases = {
  'torchrun, process 0 killed': (out) => restarted(out, 0),
  'torchrun, process 1 killed': (out) => restarted(out, 1),
  'Open MPI, process 1 killed, started again': endedByMpi,
  'Slurm, USR1 before the end, requeued': async (out) => {
    const found = await inSlurm(out, requeued);
    return { ...found, ...(await endOf(out)) };
  },
  'Slurm, cancelled, resumed': async (out) => {
    const found = await inSlurm(out, cancelled);
    const resumed = await trainHere(out, '--resume', '--json');
    return { ...found, ...resumed, ...(await endOf(out)) };
  },
};

try {
  for (const [i, [name, run]] of Object.entries(cases).entries()) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    if (readLines(results).some(({ run: earlier }) => earlier === name)) continue;
    const found = await run(join(folder, `case-${i}`));
    keepResults(results, name, [found]);
    console.log(name, found);
  }
} finally {
  rmSync(folder, { recursive: true });
}
