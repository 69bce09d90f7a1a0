import { describe, expect, test } from 'vitest';
import { inpaint } from '../../../images/inpaint.js';
import { seededRandom } from '../../../random.js';
import type { Bitmap } from '../outlines/bitmap.js';
import { backwards, drawMove, pointAfter } from './group-move.js';
import { moveObjects } from './insta-boost.js';
import { overlapGroups } from './overlap-groups.js';

function solid(left: number, top: number, width: number, height: number): Bitmap {
  return { left, top, width, height, pixels: new Uint8Array(width * height).fill(1) };
}

test('objects that overlap by way of others move together', () => {
  const [a, b, apart, between] = [
    { mask: solid(0, 0, 10, 10) },
    { mask: solid(20, 0, 10, 10) },
    { mask: solid(50, 50, 5, 5) },
    { mask: solid(8, 2, 14, 4) },
  ];
  const groups = overlapGroups([a, b, apart, between]);
  expect(groups.map(({ box }) => box)).toEqual([
    { left: 0, top: 0, width: 30, height: 10 },
    { left: 50, top: 50, width: 5, height: 5 },
  ]);
  expect(new Set(groups[0]?.objects)).toEqual(new Set([a, b, between]));
});

describe('moves', () => {
  const image = { width: 300, height: 200 };
  const draws = Array.from({ length: 200 }, (_, i) => seededRandom(i));

  test('are scales, shifts and turns within the published ranges', () => {
    const moves = draws.map((random) =>
      drawMove({ left: 100, top: 50, width: 60, height: 45 }, image, random),
    );
    const range = (values: readonly number[]) => [Math.min(...values), Math.max(...values)];
    expect(range(moves.map(({ degrees }) => degrees))).toEqual([-1, 1]);
    expect(range(moves.map(({ shift }) => shift[0]))).toEqual([-4, 4]);
    expect(range(moves.map(({ shift }) => shift[1]))).toEqual([-3, 3]);
    const [least = 0, most = 0] = range(moves.map(({ scale }) => scale));
    expect(least).toBeGreaterThanOrEqual(0.8);
    expect(least).toBeLessThan(0.85);
    expect(most).toBeLessThan(1.2);
    for (const move of moves.slice(0, 20)) {
      const [x, y] = pointAfter(move, [110, 60]);
      const [a, b, c, d, e, f] = backwards(move);
      expect(a * x + b * y + c).toBeCloseTo(110, 9);
      expect(d * x + e * y + f).toBeCloseTo(60, 9);
    }
  });

  test('near an edge lead towards it, and neither turn nor shrink', () => {
    for (const random of draws) {
      const box = { left: 9, top: 150, width: 60, height: 45 };
      const { degrees, scale, shift } = drawMove(box, image, random);
      expect(degrees).toBe(0);
      expect(scale).toBeGreaterThanOrEqual(1);
      expect(shift[0]).toBeLessThanOrEqual(0);
      expect(shift[1]).toBeGreaterThanOrEqual(0);
    }
  });
});

test('a hidden part of a slope is filled by the slope', () => {
  const [width, height] = [40, 30];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const place = Math.floor(i / 3);
    return 3 * (place % width) + 2 * Math.floor(place / width) + (i % 3);
  });
  const hidden = Uint8Array.from({ length: width * height }, (_, place) => {
    const [x, y] = [place % width, Math.floor(place / width)];
    return x >= 12 && x < 24 && y >= 8 && y < 20 ? 1 : 0;
  });
  const holed = data.map((level, i) => (hidden[Math.floor(i / 3)] === 1 ? 255 : level));
  const filled = inpaint({ width, height, data: holed }, hidden);
  const differences = filled.map((level, i) => Math.abs(level - (data[i] ?? 0)));
  expect(Math.max(...differences)).toBeLessThan(8);
  expect(differences.filter((by) => by > 0).length).toBeLessThanOrEqual(3 * 12 * 12);
});

test('an object that moves leaves nothing behind, and its box follows its mask', () => {
  const size = { width: 120, height: 100 };
  const data = new Uint8Array(3 * size.width * size.height).fill(50);
  for (let row = 30; row < 70; row++) {
    data.fill(200, 3 * (row * size.width + 30), 3 * (row * size.width + 90));
  }
  const polygon = [30, 30, 90, 30, 90, 70, 30, 70];
  const object = {
    id: 7,
    label: 2,
    box: [30, 30, 60, 40] as const,
    area: 2400,
    isCrowd: false,
    outline: { kind: 'polygons', polygons: [polygon] } as const,
  };
  const known = { id: 1, size, objects: [object, { ...object, isCrowd: true }] };
  const image = { ...size, data: Buffer.from(data) };
  const moved = moveObjects({ image, known }, { colours: 0 }, seededRandom(3));
  expect(image.data).toEqual(Buffer.from(data));
  const [own, crowd] = moved.known.objects;
  expect(crowd).toBe(known.objects[1]);
  expect(own).toMatchObject({ id: 7, label: 2 });
  const [left = 0, top = 0, width = 0, height = 0] = own?.box ?? [];
  expect(width / 60).toBeCloseTo(height / 40, 1);
  for (let place = 0; place < size.width * size.height; place++) {
    const [x, y] = [place % size.width, Math.floor(place / size.width)];
    const near = (by: number) =>
      x >= left - by && y >= top - by && x < left + width + by && y < top + height + by;
    const level = moved.image.data[3 * place] ?? 0;
    if (near(-5)) expect(level).toBeGreaterThan(190);
    if (!near(6)) expect(level).toBeLessThan(60);
  }
});
