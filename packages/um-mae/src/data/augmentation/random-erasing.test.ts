import { Generator, randn, slice, type Tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import type { Box } from '../../images/geometry/resize.js';
import { publishedTensors, publishedText } from '../../parity/published/published-files.js';
import { seededRandom } from '../../random.js';
import { drawErasing, eraseImages } from './random-erasing.js';

const options = { probability: 0.25 };

/** The part of an image [channels, height, width] inside a rectangle. */
const part = (image: Tensor, { top, left, height, width }: Box) =>
  image.at(':', slice(top, top + height), slice(left, left + width));

describe('drawErasing', () => {
  const draw = (images: number, height: number, width: number) =>
    drawErasing({ probability: 1 }, { images, height, width }, seededRandom(height, width));

  test('depends on the random numbers alone', () => {
    expect(draw(20, 30, 40)).toEqual(draw(20, 30, 40));
  });

  test.each([
    [64, 64],
    [20, 9],
    [2, 300],
    [1, 1],
  ])('stays inside an image of %i x %i and never covers a whole side', (height, width) => {
    for (const box of draw(2000, height, width)) {
      if (!box) continue;
      expect(Math.min(box.top, box.left, box.height, box.width)).toBeGreaterThanOrEqual(0);
      expect(box.height).toBeLessThan(height);
      expect(box.width).toBeLessThan(width);
      expect(box.top + box.height).toBeLessThanOrEqual(height);
      expect(box.left + box.width).toBeLessThanOrEqual(width);
    }
  });

  test('reaches every border', () => {
    const boxes = draw(4000, 16, 16).filter((box) => box !== undefined);
    expect(Math.min(...boxes.map(({ top }) => top))).toBe(0);
    expect(Math.min(...boxes.map(({ left }) => left))).toBe(0);
    expect(Math.max(...boxes.map(({ top, height }) => top + height))).toBe(16);
    expect(Math.max(...boxes.map(({ left, width }) => left + width))).toBe(16);
  });

  test('gives up when no attempt fits', () => {
    // The largest area at the tallest aspect is taller than the image.
    const size = { images: 2, height: 64, width: 64 };
    expect(drawErasing({ probability: 1 }, size, () => 1)).toEqual([undefined, undefined]);
  });
});

describe('eraseImages', () => {
  test('fills the rectangles with noise and leaves everything else, its input too', () => {
    const images = randn([3, 1, 40, 50], { generator: new Generator(1) }).mul(100);
    const before = images.clone();
    const box = { top: 5, left: 7, height: 30, width: 40 };
    const erased = eraseImages(images, [undefined, box, undefined], {
      generator: new Generator(2),
    });
    expectClose(images, before, { atol: 0 });

    const noise = part(erased.at(1), box);
    expect(Math.abs(noise.mean().number())).toBeLessThan(0.1);
    expect(Math.abs(noise.var([0, 1, 2]).number() - 1)).toBeLessThan(0.15);
    part(erased.at(1), box).copy_(part(images.at(1), box));
    expectClose(erased, images, { atol: 0 });
  });

  test('draws from its generator alone', () => {
    const images = randn([1, 3, 8, 8], { generator: new Generator(1) });
    const box = { top: 0, left: 0, height: 7, width: 7 };
    const erase = (seed: number) => eraseImages(images, [box], { generator: new Generator(seed) });
    expectClose(erase(4), erase(4), { atol: 0 });
    expect(erase(4).sub(erase(5)).abs().amax().number()).toBeGreaterThan(0.1);
  });
});

describe('erasing as published', () => {
  const { random_erasing: fixture } = JSON.parse(publishedText('util/case.json'));
  const tensors = publishedTensors('util/erasing.safetensors');
  const get = (name: string) => tensors.get(name) as Tensor;
  const [height, width] = [24, 20];
  type Range = [low: number, high: number, value: number];

  /** Uniform numbers from which our draws are the published ones. */
  function scripted(row: {
    uniform01_draws: number[];
    area_fraction_and_log_aspect_draws: number[];
    integer_draws_low_high_value: Range[];
  }) {
    const shapes = row.area_fraction_and_log_aspect_draws.map((draw, i) =>
      i % 2 === 0
        ? (draw - 0.02) / (1 / 3 - 0.02)
        : (draw - Math.log(0.3)) / (Math.log(1 / 0.3) - Math.log(0.3)),
    );
    const places = row.integer_draws_low_high_value.map(
      ([low, high, value]) => (value - low + 0.5) / (high - low + 1),
    );
    const draws = [...row.uniform01_draws, ...shapes, ...places];
    return { draws, random: () => draws.shift() ?? Number.NaN };
  }

  test.each(['pixel', 'boundary', 'retry', 'skipped'])('erases where %s does', (name) => {
    const row = fixture.cases.find((one: { name: string }) => one.name === name);
    const { draws, random } = scripted(row);
    const [box] = drawErasing(options, { images: 1, height, width }, random);
    expect(draws, 'draws that were not asked for').toEqual([]);

    const image = get('image');
    const erased = eraseImages(image.unsqueeze(0), [box], { generator: new Generator(1) }).at(0);
    const [size] = row.erased_block_sizes_h_w;
    expect(box && [box.height, box.width]).toEqual(size);
    if (box) {
      // Their noise instead of ours; 0 where the fixture is filled with a constant.
      const theirs = name === 'pixel' ? get('pixel.block0') : 0;
      erased.put(
        [':', slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)],
        theirs,
      );
    }
    expectClose(erased, get(name), { atol: 0 });
  });

  test('has the published statistics', () => {
    const { samples, ...statistics } = fixture.statistics_64px;
    const size = { images: samples, height: 64, width: 64 };
    const boxes = drawErasing(options, size, seededRandom(3)).filter((box) => box !== undefined);
    const areas = boxes.map((box) => (box.height * box.width) / 64 ** 2);
    const aspects = boxes.map((box) => Math.log(box.height / box.width));
    const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
    const deviation = (values: number[]) =>
      Math.sqrt(mean(values.map((v) => v ** 2)) - mean(values) ** 2);
    expect(boxes.length / samples).toBeCloseTo(statistics.fraction_erased, 1);
    expect(mean(areas)).toBeCloseTo(statistics.mean_area, 2);
    expect(deviation(areas)).toBeCloseTo(statistics.std_area, 2);
    expect(Math.abs(mean(aspects) - statistics.mean_log_aspect)).toBeLessThan(0.05);
    expect(deviation(aspects)).toBeCloseTo(statistics.std_log_aspect, 1);
  });
});
