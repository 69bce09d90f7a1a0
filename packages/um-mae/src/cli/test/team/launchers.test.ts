/** The files of `examples/cluster`, run by the launchers that this machine has. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { processesIn } from '../../team/processes.js';
import { temporaryFolder, tinyModel, writeImages } from '../../testing/command-line.js';
import type { Outcome } from '../../testing/program-host.js';
import { freePort } from '../../testing/team/free-port.js';
import { SlurmNode } from '../../testing/team/slurm-node.js';

const program = fileURLToPath(new URL('../../../../bin/um-mae.js', import.meta.url));
const examples = fileURLToPath(new URL('../../../../../../examples/cluster/', import.meta.url));
const folder = temporaryFolder();
const data = join(folder, 'data');
const flags = [
  ...[...tinyModel, '--batch-size', '4', '--patience', '60', '--json'],
  ...['--set', 'duration.steps=2'],
];

beforeAll(() => writeImages(data, 1));

function isInstalled(command: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((path) => existsSync(join(path, command)));
}

/** Whether the machine has what an example is run by; Slurm's daemons want to be root. */
const has = {
  torchrun: isInstalled('torchrun'),
  mpirun: isInstalled('mpirun'),
  slurm: process.getuid?.() === 0 && ['slurmctld', 'slurmd', 'salloc'].every(isInstalled),
};

interface Start {
  /** The command that the file is an argument of. */
  readonly by?: readonly [string, ...string[]];
  readonly variables: Readonly<Record<string, string>>;
}

/** Runs a file of the examples on CPUs. */
function runExample(name: string, { by = ['sh'], variables }: Start): Promise<Outcome> {
  const own = { UM_MAE: program, DEVICE: 'cpu', DATA: data, OUT: join(folder, name) };
  const [command, ...args] = [...by, join(examples, name), ...flags];
  return new Promise((resolve) => {
    const env = { ...process.env, ...own, ...variables };
    execFile(command, args, { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** Runs a file, and expects that one of two processes has told of a run of both. */
async function expectRun(name: string, start: Start): Promise<void> {
  const { code, stdout, stderr } = await runExample(name, start);
  expect(code, stderr).toBe(0);
  const ends = stdout.split('\n').filter((line) => line.includes('"finished"'));
  expect(ends, stdout).toHaveLength(1);
  const environment = readFileSync(join(folder, name, 'environment.json'), 'utf8');
  expect(JSON.parse(environment)).toHaveProperty('processes.length', 2);
}

/** An address by which other hosts would reach this one. */
const [address] = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .filter(({ family, internal }) => family === 'IPv4' && !internal)
  .map((each) => each.address);

test.skipIf(!address)('hosts.sh trains on two hosts (needs a network)', async () => {
  const main = { MAIN: `${address}:${await freePort()}`, DEVICES: '1', NODES: '2' };
  const second = runExample('hosts.sh', { variables: { ...main, NODE: '1' } });
  await expectRun('hosts.sh', { variables: { ...main, NODE: '0' } });
  expect(await second).toEqual({ code: 0, stdout: '', stderr: '' });
});

test.skipIf(!has.torchrun)('torchrun.sh trains by torchrun (needs torchrun)', async () => {
  await expectRun('torchrun.sh', { variables: { DEVICES: '2' } });
});

test.skipIf(!has.mpirun)('openmpi.sh trains by Open MPI (needs mpirun)', async () => {
  const asRoot = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
  const place = { HOSTS: 'localhost:2', PORT: `${await freePort()}` };
  await expectRun('openmpi.sh', { variables: { ...asRoot, ...place } });
});

test.skipIf(!has.slurm)('slurm.sbatch trains by Slurm (needs slurmd, and root)', async () => {
  const own = join(folder, 'slurm');
  mkdirSync(own);
  const node = await SlurmNode.start(own);
  try {
    const by = ['salloc', '--quiet', '--ntasks=2', 'sh'] as const;
    await expectRun('slurm.sbatch', { by, variables: { SLURM_CONF: node.configuration } });
  } finally {
    await node.stop();
  }
});

const container = z.object({ command: z.string().array(), args: z.string().array() });

const pytorchJob = z.object({
  spec: z.object({
    pytorchReplicaSpecs: z.record(
      z.string(),
      z.object({
        replicas: z.number(),
        template: z.object({ spec: z.object({ containers: z.tuple([container]) }) }),
      }),
    ),
  }),
});

const trainJob = z.object({
  spec: z.object({
    trainer: container.extend({ numNodes: z.number(), numProcPerNode: z.number() }),
  }),
});

function jobOf<Job>(name: string, form: z.ZodType<Job>): Job {
  return form.parse(parse(readFileSync(join(examples, name), 'utf8')));
}

/** The processes of a container on the second of two hosts. */
function processesOf(
  { command, args }: z.infer<typeof container>,
  variables: Readonly<Record<string, string>>,
) {
  const [first, ...rest] = [...command, ...args];
  expect(first).toBe('um-mae');
  return processesIn(rest, variables);
}

const eightOnSecond = {
  nodes: { count: 2, rank: 1, main: { host: 'um-mae-0', port: 29_500 } },
  devices: Array.from({ length: 8 }, (_, i) => `cuda:${i}`),
};

/** The variables of Kubeflow's operators, of which v1 has two kinds: some versions set both. */
const podOfV1 = { MASTER_ADDR: 'um-mae-0', MASTER_PORT: '29500', RANK: '1', WORLD_SIZE: '2' };
const podOfV2 = {
  PET_MASTER_ADDR: 'um-mae-0',
  PET_MASTER_PORT: '29500',
  PET_NNODES: '2',
  PET_NODE_RANK: '1',
};

test.each([
  ['alone', podOfV1],
  ['beside those of torchrun', { ...podOfV1, ...podOfV2, PET_NPROC_PER_NODE: 'auto' }],
])('each pod of pytorchjob.yaml trains on eight GPUs by its variables %s', (_, variables) => {
  const { spec } = jobOf('pytorchjob.yaml', pytorchJob);
  const pods = Object.values(spec.pytorchReplicaSpecs);
  expect(pods.map(({ replicas }) => replicas)).toEqual([1, 1]);
  for (const { template } of pods)
    expect(processesOf(template.spec.containers[0], variables)).toMatchObject(eightOnSecond);
});

test('each pod of trainjob.yaml trains on eight GPUs by its variables', () => {
  const { trainer } = jobOf('trainjob.yaml', trainJob).spec;
  expect(trainer.numNodes).toBe(2);
  const variables = { ...podOfV2, PET_NPROC_PER_NODE: `${trainer.numProcPerNode}` };
  expect(processesOf(trainer, variables)).toMatchObject(eightOnSecond);
});
