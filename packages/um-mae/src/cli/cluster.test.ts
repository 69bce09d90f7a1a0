import { expect, test } from 'vitest';
import { placeIn } from './cluster.js';
import { processesIn } from './launch.js';

const main = { MASTER_ADDR: 'a', MASTER_PORT: '29500' };

test.each([
  ['nothing', {}, undefined],
  ['one process', { WORLD_SIZE: '1' }, undefined],
  [
    'torchrun',
    {
      ...main,
      RANK: '3',
      WORLD_SIZE: '4',
      LOCAL_WORLD_SIZE: '2',
      TORCHELASTIC_USE_AGENT_STORE: 'True',
      TORCHELASTIC_RESTART_COUNT: '1',
    },
    { rank: 3, size: 4, localSize: 2, host: 'a', port: 29_500, serves: false, name: 'start-1' },
  ],
  [
    'the first process of torchrun, where the agent listens',
    { ...main, RANK: '0', WORLD_SIZE: '2', TORCHELASTIC_USE_AGENT_STORE: 'True' },
    { rank: 0, serves: false },
  ],
  [
    'a PyTorchJob',
    { ...main, RANK: '0', WORLD_SIZE: '2' },
    { rank: 0, size: 2, localSize: 1, serves: true },
  ],
  ['a batch script without srun', { SLURM_NTASKS: '4', SLURM_PROCID: '0' }, undefined],
  [
    'srun',
    {
      SLURM_PROCID: '5',
      SLURM_STEP_NUM_TASKS: '8',
      SLURM_STEP_NODELIST: 'gpu[03-07,9],b1',
      SLURM_STEP_TASKS_PER_NODE: '4(x2)',
      SLURM_JOB_ID: '1000',
      SLURM_STEP_ID: '2',
    },
    { rank: 5, size: 8, localSize: 4, host: 'gpu03', port: 16_002, serves: false, name: 'start-0' },
  ],
  [
    'mpirun',
    {
      ...main,
      OMPI_COMM_WORLD_RANK: '0',
      OMPI_COMM_WORLD_SIZE: '2',
      OMPI_COMM_WORLD_LOCAL_SIZE: '2',
    },
    { rank: 0, size: 2, localSize: 2, host: 'a', serves: true },
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
  [{ OMPI_COMM_WORLD_SIZE: '2' }, 'Expected `OMPI_COMM_WORLD_RANK`'],
])('placeIn refuses %j', (variables, message) => {
  expect(() => placeIn(variables)).toThrow(message);
});

test.each([
  ['pretrain --data a --devices 2 --out b', { count: 2, args: 'pretrain --data a --out b' }],
  ['pretrain --devices=3', { count: 3, args: 'pretrain' }],
  ['pretrain --devices 1', undefined],
  ['pretrain --devices two', undefined],
  ['pretrain --devices 2 --help', undefined],
  ['finetune --devices 2', undefined],
])('processesIn finds those of %s', (line, expected) => {
  const found = processesIn(line.split(' '));
  expect(found && { count: found.count, args: found.args.join(' ') }).toEqual(expected);
});
