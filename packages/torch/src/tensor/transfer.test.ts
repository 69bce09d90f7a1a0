import { describe, expect, test } from 'vitest';
import { DeviceError, OperatorError } from '../addon/errors.js';
import { devices } from '../device/device.js';
import { Generator } from '../device/random.js';
import { ones, randn } from '../generated/operators.js';
import { expectClose } from '../testing/expect-close.js';
import { tensor } from './tensor.js';
import { readLater, upload } from './transfer.js';

const hasCuda = devices().includes('cuda:0');

describe('upload', () => {
  test('leaves values where they are on the CPU', () => {
    const values = tensor([1, 2, 3], { dtype: 'i64' });
    const same = upload(values, 'cpu');
    expect([...same.toArray()]).toEqual([1n, 2n, 3n]);
    expect([same.dtype, same.device]).toEqual(['i64', 'cpu']);
  });

  test('refuses a device that is not there', () => {
    expect(() => upload(tensor([1]), 'cuda:99')).toThrow(DeviceError);
  });
});

describe('readLater', () => {
  test('knows a number of the CPU at once, whatever becomes of the tensor', () => {
    const scalar = tensor(2.5);
    const late = readLater(scalar);
    scalar.fill_(7);
    scalar.dispose();
    expect([late.isKnown, late.value()]).toEqual([true, 2.5]);
  });

  test('refuses more than one element', () => {
    expect(() => readLater(ones([2]))).toThrow(OperatorError);
  });
});

describe.skipIf(!hasCuda)('transfers (need a CUDA device)', () => {
  test('arrive whole, though the source is gone', () => {
    const values = randn([1 << 20], { generator: new Generator(0) });
    const expected = values.clone();
    const there = upload(values, 'cuda');
    values.zero_();
    values.dispose();
    expectClose(there.to('cpu'), expected, { atol: 0 });
  });

  test('bring numbers in the order in which they were asked for', () => {
    const counter = tensor(0).to('cuda');
    const readings = Array.from({ length: 100 }, () => readLater(counter.add_(1)));
    expect(readings.map((late) => late.value())).toEqual(readings.map((_, i) => i + 1));
  });
});
