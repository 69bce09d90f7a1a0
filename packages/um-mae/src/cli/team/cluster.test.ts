import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { type Place, placeIn, speaksFirst } from './cluster.js';
import { addressOfInterface, checkMainHost } from './network.js';
import { processesIn } from './processes.js';

const main = { MASTER_ADDR: 'a', MASTER_PORT: '29500' };

const slurm = {
  SLURM_PROCID: '5',
  SLURM_LOCALID: '2',
  SLURM_NODEID: '1',
  SLURM_STEP_NODELIST: 'gpu[03-07,9],b1',
  SLURM_STEP_TASKS_PER_NODE: '3,4(x2)',
  SLURM_JOB_ID: '1000',
  SLURM_STEP_ID: '2',
};

const openMpi = {
  OMPI_COMM_WORLD_RANK: '0',
  OMPI_COMM_WORLD_SIZE: '2',
  OMPI_COMM_WORLD_LOCAL_RANK: '0',
  OMPI_COMM_WORLD_LOCAL_SIZE: '2',
};

/** The variables of MPICH and Intel MPI, as Hydra sets them. */
const hydra = {
  PMI_RANK: '1',
  PMI_SIZE: '2',
  MPI_LOCALRANKID: '1',
  MPI_LOCALNRANKS: '2',
};

const torchrun = {
  ...main,
  RANK: '3',
  WORLD_SIZE: '4',
  LOCAL_RANK: '1',
  LOCAL_WORLD_SIZE: '2',
  TORCHELASTIC_RUN_ID: 'none',
  TORCHELASTIC_USE_AGENT_STORE: 'True',
  TORCHELASTIC_RESTART_COUNT: '1',
};

const trainer = {
  PET_NNODES: '2',
  PET_NPROC_PER_NODE: '4',
  PET_NODE_RANK: '1',
  PET_MASTER_ADDR: 'a',
  PET_MASTER_PORT: '29500',
};

test.each([
  ['nothing', {}, undefined],
  ['one process', { WORLD_SIZE: '1' }, undefined],
  [
    'torchrun',
    torchrun,
    {
      rank: 3,
      size: 4,
      localRank: 1,
      localSize: 2,
      isAcrossHosts: true,
      host: 'a',
      port: 29_500,
      serves: false,
      name: 'start-1',
    },
  ],
  [
    'the first process of torchrun, where the agent listens',
    { ...main, RANK: '0', WORLD_SIZE: '2', TORCHELASTIC_USE_AGENT_STORE: 'True' },
    { rank: 0, serves: false },
  ],
  [
    'a PyTorchJob',
    { ...main, RANK: '0', WORLD_SIZE: '2' },
    { rank: 0, size: 2, localSize: 1, isAcrossHosts: false, serves: true },
  ],
  ['a batch script without srun', { SLURM_NTASKS: '4', SLURM_PROCID: '0' }, undefined],
  [
    'srun',
    { ...slurm, SLURM_STEP_NUM_TASKS: '8' },
    {
      rank: 5,
      size: 8,
      localRank: 2,
      localSize: 4,
      host: 'gpu03',
      port: 16_002,
      serves: false,
      name: 'start-0',
    },
  ],
  [
    'mpirun',
    { ...main, ...openMpi },
    { rank: 0, size: 2, localRank: 0, localSize: 2, host: 'a', serves: true },
  ],
  [
    'mpirun on one host',
    { ...openMpi, PMIX_NAMESPACE: '42', SLURM_STEP_NUM_TASKS: '4' },
    { rank: 0, size: 2, host: '127.0.0.1', port: 15_042 },
  ],
  [
    'MPICH',
    { ...main, ...hydra },
    { rank: 1, size: 2, localRank: 1, localSize: 2, host: 'a', serves: false },
  ],
  ['MPICH alone', { PMI_RANK: '0', PMI_SIZE: '1' }, undefined],
  [
    'MPICH whose daemons Slurm has started',
    { ...main, ...hydra, ...slurm, SLURM_STEP_NUM_TASKS: '2' },
    { rank: 1, size: 2 },
  ],
  [
    'srun with --mpi=pmi2',
    { PMI_RANK: '5', PMI_SIZE: '8', ...slurm, SLURM_STEP_NUM_TASKS: '8' },
    { rank: 5, size: 8, localRank: 2, localSize: 4, host: 'gpu03' },
  ],
  [
    'torchrun inside srun',
    { ...slurm, ...torchrun, SLURM_STEP_NUM_TASKS: '2' },
    { rank: 3, size: 4, localRank: 1 },
  ],
  [
    'variables exported from those of Slurm',
    { ...slurm, ...main, SLURM_STEP_NUM_TASKS: '8', RANK: '5', WORLD_SIZE: '8' },
    { rank: 5, size: 8 },
  ],
])('placeIn knows %s', (_, variables, expected) => {
  const place = placeIn(variables);
  if (expected) expect(place).toMatchObject(expected);
  else expect(place).toBeUndefined();
});

test.each([
  [{ RANK: '0', WORLD_SIZE: '2', MASTER_PORT: '1' }, 'Expected `MASTER_ADDR`'],
  [{ ...main, WORLD_SIZE: '2' }, 'Expected `RANK`'],
  [{ ...main, RANK: 'x', WORLD_SIZE: '2' }, 'Expected a whole number as `RANK`'],
  [{ RANK: '1' }, 'Expected `WORLD_SIZE`'],
  [{ OMPI_COMM_WORLD_SIZE: '2' }, 'Expected `OMPI_COMM_WORLD_RANK`'],
  [openMpi, 'Expected `MASTER_ADDR`'],
  [hydra, 'Expected `MASTER_ADDR`'],
  [{ PMI_RANK: '1' }, 'Expected `PMI_SIZE`'],
  [{ PMI_RANK: '1', PMI_SIZE: '2' }, 'Expected `MPI_LOCALNRANKS`'],
  [{ ...slurm, SLURM_STEP_NUM_TASKS: '8', SLURM_NODEID: undefined }, 'Expected `SLURM_NODEID`'],
  [
    { ...slurm, ...main, SLURM_STEP_NUM_TASKS: '8', RANK: '0', WORLD_SIZE: '2' },
    'Expected one launcher but got `RANK` 0 of `WORLD_SIZE` 2 beside process 5 of 8',
  ],
])('placeIn refuses %j', (variables, message) => {
  expect(() => placeIn(variables)).toThrow(message);
});

test.each([
  [{}, true],
  [torchrun, false],
  [{ ...torchrun, RANK: '0' }, true],
  [openMpi, true],
  [{ ...openMpi, OMPI_COMM_WORLD_RANK: '1', RANK: '0' }, false],
  [hydra, false],
  [slurm, false],
  [{ RANK: 'x' }, true],
])('of processes with one launcher one speaks of it first: %j', (variables, expected) => {
  expect(speaksFirst(variables)).toBe(expected);
});

test.each([
  ['pretrain --data a --devices 2 --out b', {}, '0 of 1: -, - pretrain --data a --out b'],
  ['pretrain --devices=3', {}, '0 of 1: -, -, - pretrain'],
  ['pretrain --device cpu --devices 2', {}, '0 of 1: cpu, cpu pretrain'],
  ['pretrain --device cuda --devices 2', {}, '0 of 1: cuda:0, cuda:1 pretrain'],
  ['pretrain --devices cuda:0,2', {}, '0 of 1: cuda:0, cuda:2 pretrain'],
  ['pretrain --devices cuda:2', {}, '0 of 1: cuda:2 pretrain'],
  ['pretrain --devices cuda:0,cuda:0', {}, '0 of 1: cuda:0, cuda:0 pretrain'],
  [
    'pretrain --devices 2 --nodes 3 --node-rank 1 --main a:29500',
    { SLURM_STEP_NUM_TASKS: '3', ...slurm },
    '1 of 3: -, - pretrain at a:29500',
  ],
  ['pretrain --nodes 2 --node-rank 0 --main [::1]:29500', {}, '0 of 2: - pretrain at ::1:29500'],
  [
    'pretrain --devices 2',
    { ...main, RANK: '1', WORLD_SIZE: '2' },
    '1 of 2: -, - pretrain at a:29500',
  ],
  ['pretrain', trainer, '1 of 2: -, -, -, - pretrain at a:29500'],
  ['pretrain', { ...trainer, PET_NPROC_PER_NODE: 'auto', PET_NNODES: '1' }, null],
  ['pretrain', { ...trainer, RANK: '0', WORLD_SIZE: '8', LOCAL_RANK: '0' }, null],
  ['pretrain', { ...main, RANK: '1', WORLD_SIZE: '2' }, null],
  ['pretrain --devices 2', { SLURM_STEP_NUM_TASKS: '2', ...slurm }, null],
  ['pretrain --devices 1', {}, null],
  ['pretrain --devices 2 --help', {}, null],
  ['inspect --devices 2', {}, null],
])('processesIn finds those of %s with %j', (line, variables, expected) => {
  const found = processesIn(line.split(' '), variables);
  if (!found) return expect(found ?? null).toBe(expected);
  const { nodes, devices, args } = found;
  const rest = args.join(' ').replace(' --patience 600', '');
  const where = nodes.main ? ` at ${nodes.main.host}:${nodes.main.port}` : '';
  const names = devices.map((device) => device ?? '-').join(', ');
  expect(`${nodes.rank} of ${nodes.count}: ${names} ${rest}${where}`).toBe(expected);
});

test('a main host that each host finds in itself is refused, and others are not', async () => {
  const place = { rank: 2, size: 4, localRank: 0, localSize: 2, isAcrossHosts: true };
  const at = (host: string, other: Partial<Place> = {}) =>
    checkMainHost({ ...place, host, port: 1, serves: false, name: 'start-0', ...other });
  const refused = /^Expected the host of process 0 as all hosts reach it but got 127\.0\.0\.1 on /;
  await expect(at('127.0.0.1')).rejects.toThrow(refused);
  await expect(at('127.0.0.1', { rank: 0 })).rejects.toThrow(refused);
  await expect(at('127.0.0.1', { isAcrossHosts: false })).resolves.toBeUndefined();
  await expect(at('192.0.2.1')).resolves.toBeUndefined();
});

test('the interface for Gloo is named by a variable', () => {
  const [[name, own] = ['', []]] = Object.entries(networkInterfaces());
  expect(own?.map(({ address }) => address)).toContain(addressOfInterface(`none, ${name}`));
  expect(() => addressOfInterface('none')).toThrow(
    /^Expected one of \S.* as `GLOO_SOCKET_IFNAME` but got none\.$/,
  );
});

test.each([
  ['--device cuda:1 --devices 2', {}, 'Expected `--device` cuda or cpu with `--devices` 2 but got'],
  ['--device cpu --devices all', {}, 'Expected `--device` cuda with `--devices` all but got cpu.'],
  ['--device cpu --devices cuda:1,2', {}, 'with `--devices` cuda:1,2 but got cpu.'],
  ['--nodes 2 --devices 2', {}, 'but got no --node-rank and no --main.'],
  ['--nodes 2 --node-rank 2 --main a:1', {}, 'Expected a host from 0 to 1 among 2 but got 2.'],
  ['', { ...trainer, PET_MASTER_ADDR: '' }, 'Expected `PET_MASTER_ADDR`'],
  ['', { ...trainer, PET_NNODES: '1:4' }, 'Expected a whole number as `PET_NNODES`'],
  ['', { ...trainer, PET_NPROC_PER_NODE: 'cpu' }, 'gpu or auto as `PET_NPROC_PER_NODE` but got'],
])('processesIn refuses %s with %j', (line, variables, message) => {
  const args = ['pretrain', ...line.split(' ').filter((arg) => arg !== '')];
  expect(() => processesIn(args, variables)).toThrow(message);
});
