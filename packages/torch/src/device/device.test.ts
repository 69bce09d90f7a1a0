import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { DeviceError } from '../addon/errors.js';
import { tensor } from '../tensor/tensor.js';
import { devices, engine, resolveDevice, setThreads, synchronize, threads } from './device.js';
import { Generator } from './random.js';

const hasCuda = devices().includes('cuda:0');

describe('engine', () => {
  test('tells version, threads, devices and how libtorch was built', () => {
    const report = engine();
    expect(report.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(report.threads).toBe(threads());
    expect(report.devices[0]).toBe('cpu');
    expect(report.configuration).toContain('PyTorch built with');
  });
});

describe('setThreads', () => {
  test('sets what one operator may use', () => {
    const before = threads();
    setThreads(1);
    expect(threads()).toBe(1);
    setThreads();
    expect(threads()).toBe(availableParallelism());
    setThreads(before);
    expect(() => setThreads(0)).toThrow();
  });
});

describe('resolveDevice', () => {
  test('takes the CPU', () => {
    expect(resolveDevice('cpu')).toBe('cpu');
    synchronize('cpu');
  });

  test.each(['gpu', 'CPU', 'cuda:', 'cuda:x', ''])('refuses %j', (device) => {
    expect(() => resolveDevice(device)).toThrow(
      new DeviceError(`Expected device cpu, cuda, cuda:N or mps but got ${device}.`),
    );
  });

  test('never falls back', () => {
    expect(() => resolveDevice('cuda:99')).toThrow(/^Expected device cuda:99 but .*\.$/);
    expect(() => tensor([1], { device: 'cuda:99' })).toThrow(DeviceError);
    expect(() => tensor([1]).to('cuda:99')).toThrow(DeviceError);
    expect(() => new Generator(0, 'cuda:99')).toThrow(DeviceError);
  });
});

describe.skipIf(!hasCuda)('CUDA (needs a CUDA device)', () => {
  test('computes, and gives values back', () => {
    const made = tensor([1, 2], { device: 'cuda' });
    expect(made.device).toBe('cuda:0');
    synchronize('cuda');
    expect([...made.mul(2).toArray()]).toEqual([2, 4]);
    expect(() => made.data()).toThrow(/contiguous tensor on the CPU/);
  });

  test('draws from a generator of its own', () => {
    const draw = () =>
      tensor([0, 0], { device: 'cuda' }).uniform_({ generator: new Generator(1, 'cuda') });
    expect(draw().equal(draw())).toBe(true);
  });
});
