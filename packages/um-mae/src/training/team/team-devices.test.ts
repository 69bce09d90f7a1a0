import { expect, test } from 'vitest';
import { ownDevice } from './team-devices.js';

const hosts = ['a', 'a', 'b', 'b'];

test.each([
  ['cpu', 3, 8, 'cpu'],
  ['cuda:1', 2, 8, 'cuda:1'],
  ['cuda', 1, 2, 'cuda:1'],
  ['cuda', 2, 2, 'cuda:0'],
  ['cuda', 3, 4, 'cuda:1'],
  // A cluster may show each process its own GPU.
  ['cuda', 3, 1, 'cuda:0'],
  // Refused where the device is used, as in one process.
  ['cuda', 1, 0, 'cuda'],
])('with %s, process %i on a host with %i GPUs has %s', (device, rank, gpus, expected) => {
  expect(ownDevice({ rank, hosts }, device, gpus)).toBe(expected);
});

test('more processes than GPUs are refused', () => {
  const crowd = { rank: 0, hosts: ['a', 'b', 'a', 'a'] };
  expect(() => ownDevice(crowd, 'cuda', 2)).toThrow(
    'Expected at most 2 processes on a, one for each of its GPUs, but got 3.',
  );
});
