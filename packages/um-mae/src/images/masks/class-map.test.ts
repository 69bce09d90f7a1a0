import { describe, expect, test } from 'vitest';
import { stretch } from '../geometry/crop.js';
import { type ClassMap, sampleClassMap } from './class-map.js';

const map: ClassMap = { width: 4, height: 2, data: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
const whole = { left: 0, top: 0, width: 4, height: 2 };

describe('sampleClassMap', () => {
  test('shows what lies under the middle of each output pixel', () => {
    const sampling = stretch(whole, { width: 2, height: 1 });
    const { data } = sampleClassMap(map, { sampling, mirrored: false });
    expect([...data]).toEqual([5, 7]);
    const corner = sampleClassMap(map, { sampling, mirrored: false }, 'corner');
    expect([...corner.data]).toEqual([0, 2]);
  });

  test('enlarges, cuts and mirrors as images are', () => {
    const window = { left: 1, top: 0, width: 4, height: 1 };
    const sampling = { source: whole, width: 8, height: 4, window };
    expect([...sampleClassMap(map, { sampling, mirrored: false }).data]).toEqual([0, 1, 1, 2]);
    expect([...sampleClassMap(map, { sampling, mirrored: true }).data]).toEqual([2, 1, 1, 0]);
  });
});
