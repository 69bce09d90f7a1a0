import { Generator, noGrad, randn } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { swin } from '../../../backbones/testing/small-backbones.js';
import { resizeMap } from '../../../heads/segmentation/resize-map.js';
import { Segmentor } from '../../../heads/segmentation/segmentor.js';
import { resizedMap, wholeMap } from './row-source.js';
import { WindowedLogits, windowStarts } from './windowed-logits.js';

describe('windowStarts', () => {
  test('end at the edge, and are one where the window is longer', () => {
    expect(windowStarts(109, 64, 43)).toEqual([0, 43, 45]);
    expect(windowStarts(64, 64, 43)).toEqual([0]);
    expect(windowStarts(30, 64, 43)).toEqual([0]);
  });
});

describe('resizedMap', () => {
  test.each([false, true])('gives any rows of the resized map (aligned corners: %s)', (aligned) => {
    const map = randn([3, 7, 5], { generator: new Generator(1) });
    for (const [height, width] of [
      [23, 11],
      [3, 2],
      [7, 9],
      [1, 1],
    ] as const) {
      const whole = resizeMap(map.unsqueeze(0), [height, width], aligned).at(0);
      const rows = resizedMap(wholeMap(map), { height, width }, aligned);
      for (let from = 0; from < height; from += 4) {
        const to = Math.min(from + 4, height);
        expectClose(rows.rows(from, to), whole.narrow(1, from, to - from), { atol: 1e-5 });
      }
    }
  });
});

describe('WindowedLogits', () => {
  const head = { channels: 8, dropout: 0.1, norm: 'batch', alignCorners: false } as const;
  const options = {
    backbone: swin,
    image: { height: 64, width: 64 },
    projection: { kind: 'conv', channels: 8 },
    head,
    classes: 3,
  } as const;
  const model = new Segmentor(options, { generator: new Generator(2) });
  model.eval();
  const image = randn([1, 3, 64, 96], { generator: new Generator(3) });

  test('are those of the whole image where a window spans it', () => {
    const logits = noGrad(() => resizeMap(model.forward(image).decode, [64, 96])).at(0);
    const crop = { height: 64, width: 128 };
    for (const windows of [
      { kind: 'whole' },
      { kind: 'slide', crop, stride: { height: 43, width: 85 } },
    ] as const) {
      using windowed = new WindowedLogits(model, image, windows);
      expectClose(windowed.rows(0, 64), logits, { atol: 1e-5 });
    }
  });

  test('take images that are smaller than the coarsest map needs', () => {
    const dot = randn([1, 3, 1, 1], { generator: new Generator(4) });
    using windowed = new WindowedLogits(model, dot, { kind: 'whole' });
    expect(windowed.rows(0, 1).shape).toEqual([3, 1, 1]);
  });
});
