import { describe, expect, test } from 'vitest';
import { publishedText } from '../../parity/published/published-files.js';
import { seededRandom } from '../../random.js';
import { evaluationCrop, randomResizedCrop } from './crop.js';

const options = { area: [0.2, 1], aspect: [3 / 4, 4 / 3] } as const;

const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
const deviation = (values: readonly number[]) => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
};

describe('randomResizedCrop', () => {
  test.each([
    [500, 400],
    [1, 1],
    [1, 700],
    [3000, 2],
    [90, 333],
  ])('stays inside an image of %i x %i', (width, height) => {
    const random = seededRandom(width, height);
    for (let i = 0; i < 500; i++) {
      const box = randomResizedCrop({ width, height }, options, random);
      expect(box.width).toBeGreaterThan(0);
      expect(box.height).toBeGreaterThan(0);
      expect(box.left).toBeGreaterThanOrEqual(0);
      expect(box.top).toBeGreaterThanOrEqual(0);
      expect(box.left + box.width).toBeLessThanOrEqual(width);
      expect(box.top + box.height).toBeLessThanOrEqual(height);
    }
  });

  test('reaches the first and the last place', () => {
    const random = seededRandom(3);
    const boxes = Array.from({ length: 2000 }, () =>
      randomResizedCrop({ width: 8, height: 8 }, options, random),
    );
    expect(boxes.some(({ left }) => left === 0)).toBe(true);
    expect(boxes.some(({ left, width }) => width < 8 && left + width === 8)).toBe(true);
    expect(boxes.some(({ top, height }) => height < 8 && top + height === 8)).toBe(true);
  });
});

describe('crops as published', () => {
  const published = JSON.parse(publishedText('transforms/case.json'));

  test('draws with the published statistics', () => {
    const { image, ...statistics } = published.crop_boxes_by_seed.statistics_pretrain;
    const [width, height] = image;
    const random = seededRandom(0);
    const boxes = Array.from({ length: 20_000 }, () =>
      randomResizedCrop({ width, height }, options, random),
    );
    const areas = boxes.map((box) => (box.width * box.height) / (width * height));
    const aspects = boxes.map((box) => Math.log(box.width / box.height));
    expect(mean(areas)).toBeCloseTo(statistics.area_fraction_mean_std[0], 2);
    expect(deviation(areas)).toBeCloseTo(statistics.area_fraction_mean_std[1], 2);
    expect(mean(aspects)).toBeCloseTo(statistics.log_width_over_height_mean_std[0], 2);
    expect(deviation(aspects)).toBeCloseTo(statistics.log_width_over_height_mean_std[1], 2);
    expect(Math.abs(mean(boxes.map(({ top }) => top)) - statistics.top_mean)).toBeLessThan(1);
    expect(Math.abs(mean(boxes.map(({ left }) => left)) - statistics.left_mean)).toBeLessThan(1.5);
  });

  test('falls back to the published boxes', () => {
    const { fallback_examples_finetune: rows } = published.crop_boxes_by_seed;
    for (const { width, height, box_when_all_attempts_draw_the_upper_ends: box } of rows) {
      const [top, left, boxHeight, boxWidth] = box;
      // An area beyond the image never fits.
      const found = randomResizedCrop({ width, height }, { ...options, area: [4, 4] }, () => 0.5);
      expect(found).toEqual({ left, top, width: boxWidth, height: boxHeight });
    }
  });

  test('evaluates the published window', () => {
    for (const row of published.evaluation) {
      const photo = published.photos.find(({ file }: { file: string }) => file === row.photo);
      const side = row.input_size;
      const { width, height, window } = evaluationCrop(photo, { width: side, height: side });
      expect([width, height]).toEqual(row.size_after_resize_width_height);
      expect([window.top, window.left]).toEqual(row.crop_top_left);
    }
  });
});

describe('evaluationCrop', () => {
  test.each([
    { width: 96, height: 64 },
    { width: 64, height: 96 },
    { width: 320, height: 256 },
  ])('keeps a window of $width x $height inside the resized image', (output) => {
    for (const image of [
      { width: 500, height: 375 },
      { width: 10, height: 900 },
      { width: 33, height: 32 },
    ]) {
      const { width, height, window } = evaluationCrop(image, output);
      expect(window).toMatchObject(output);
      expect(window.left).toBeGreaterThanOrEqual(0);
      expect(window.top).toBeGreaterThanOrEqual(0);
      expect(window.left + window.width).toBeLessThanOrEqual(width);
      expect(window.top + window.height).toBeLessThanOrEqual(height);
      // One side is as small as it may be, and the image is not distorted.
      expect(Math.abs(width / height / (image.width / image.height) - 1)).toBeLessThan(0.02);
    }
  });

  test('rounds offsets half to even', () => {
    const offset = (width: number) =>
      evaluationCrop({ width, height: 256 }, { width: 256, height: 256 }).window.left;
    expect([257, 259, 261].map(offset)).toEqual([0, 2, 2]);
  });
});
