import { describe, expect, test } from 'vitest';
import { cosines, largest } from './cosines.js';

const rows = { values: Float32Array.of(1, 100, 5, -1, -100, 5, 1, -100, 5), channels: 3 };

describe('cosines', () => {
  test('compares channels of different scales alike', () => {
    const [same, opposite, mixed] = cosines(Float32Array.of(1, 100, 5), rows);
    expect(same).toBeCloseTo(1, 12);
    expect(opposite).toBeCloseTo(-1, 0);
    expect(Math.abs(Number(mixed))).toBeLessThan(0.5);
  });

  test('leaves constant channels out, whatever the query has there', () => {
    const query = Float32Array.of(1, 100, 5);
    const other = Float32Array.of(1, 100, 900);
    expect(cosines(other, rows)).toEqual(cosines(query, rows));
  });

  test('compares features as they are where all channels are constant', () => {
    const alike = { values: Float32Array.of(3, 4, 3, 4), channels: 2 };
    expect([...cosines(Float32Array.of(4, 3), alike)]).toEqual([0.96, 0.96]);
    expect([...cosines(Float32Array.of(0, 0), alike)]).toEqual([0, 0]);
  });
});

describe('largest', () => {
  test('gives the places of the largest numbers, the first of equal ones first', () => {
    expect(largest(Float64Array.of(0.5, 0.9, 0.5, 0.7), 3)).toEqual([1, 3, 0]);
    expect(largest(Float64Array.of(0.5), 3)).toEqual([0]);
  });
});
