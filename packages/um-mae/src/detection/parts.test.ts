import { Generator, gradients, rand, randn, type Tensor, tensor, zeros } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { assignAtss } from './assignment/atss.js';
import { assignMaxOverlap } from './assignment/max-overlap.js';
import { randomSampler, sample } from './assignment/sampling.js';
import { baseAnchors, gridAnchors, validAnchors } from './boxes/anchors.js';
import { bestClassBoxes } from './boxes/class-boxes.js';
import { decodeDeltas, encodeDeltas } from './boxes/deltas.js';
import { centresOf, decodeDistances, encodeDistances } from './boxes/distances.js';
import { alignedOverlaps, pairOverlaps } from './boxes/overlap.js';
import { distributionFocalLoss, qualityFocalLoss } from './losses/focal.js';
import { giouLoss, smoothL1 } from './losses/regression.js';

const generator = new Generator(7);

function boxes(count: number): Tensor {
  const sides = rand([count, 4], { generator }).mul(50);
  const shift = tensor([0, 0, 55, 55]);
  return sides.add(shift);
}

describe('coding of boxes', () => {
  test('by deltas and by distances gives the boxes back', () => {
    const [from, to] = [boxes(20), boxes(20)];
    const deviations = [0.1, 0.1, 0.2, 0.2] as const;
    const deltas = encodeDeltas(from, to, deviations);
    expectClose(decodeDeltas(from, deltas, { deviations }), to, { atol: 1e-4 });
    const points = centresOf(to);
    expectClose(decodeDistances(points, encodeDistances(points, to, 1e3)), to, { atol: 1e-4 });
  });

  test('limits growth, and cuts boxes to the picture', () => {
    const deltas = tensor([[0, 0, 99, -99]]);
    const deviations = [1, 1, 1, 1] as const;
    const grown = decodeDeltas(tensor([[10, 10, 26, 26]]), deltas, { deviations });
    expectClose(grown, [[18 - 500, 17.872, 18 + 500, 18.128]], { atol: 1e-3 });
    const size = { height: 20, width: 30 };
    const cut = decodeDeltas(tensor([[10, 10, 26, 26]]), deltas, { deviations, size });
    expectClose(cut, [[0, 17.872, 30, 18.128]], { atol: 1e-3 });
  });
});

describe('overlaps', () => {
  test('are 1 of a box with itself, and generalised ones fall below 0 with the distance', () => {
    const some = boxes(5);
    expectClose(alignedOverlaps(some, some), [1, 1, 1, 1, 1], { atol: 1e-6 });
    const apart = tensor([
      [0, 0, 1, 1],
      [9, 0, 10, 1],
    ]);
    expectClose(
      pairOverlaps(apart, apart),
      [
        [1, 0],
        [0, 1],
      ],
      { atol: 1e-6 },
    );
    const generalised = pairOverlaps(apart, apart, { kind: 'generalised' });
    expectClose(
      generalised,
      [
        [1, -0.8],
        [-0.8, 1],
      ],
      { atol: 1e-6 },
    );
  });
});

describe('anchors', () => {
  test('lie around multiples of the stride, row by row, and are valid where the image is', () => {
    const base = baseAnchors({ sizes: [16], ratios: [0.25, 1] });
    const grid = { rows: 2, columns: 3, stride: [8, 8] } as const;
    const anchors = gridAnchors(base, grid);
    expect(anchors.shape).toEqual([12, 4]);
    expectClose(anchors.select(0, 0), [-16, -4, 16, 4], { atol: 0 });
    expectClose(centresOf(anchors.select(0, 9).unsqueeze(0)), [[8, 8]], { atol: 0 });
    const valid = validAnchors(grid, { height: 8, width: 9 }, 2);
    expect([...valid.toArray()].map(Number)).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('assignment', () => {
  const anchors = gridAnchors(baseAnchors({ sizes: [32], ratios: [1] }), {
    rows: 8,
    columns: 8,
    stride: [8, 8],
  });
  const object = tensor([[16, 16, 48, 48]]);

  test('gives an object the anchor that is equal to it, and none to no object', () => {
    for (const assign of [
      (objects: Tensor) => assignAtss(anchors, objects, { levels: [64] }),
      (objects: Tensor) => assignMaxOverlap(anchors, objects, { positive: 0.7, negative: 0.3 }),
    ]) {
      const { assigned, overlaps } = assign(object);
      // Row 4, column 4: centre (32, 32).
      expect(assigned.select(0, 36).number()).toBe(1);
      expect(overlaps.select(0, 36).number()).toBeCloseTo(1, 6);
      expect(
        assign(zeros([0, 4]))
          .assigned.abs()
          .sum()
          .number(),
      ).toBe(0);
    }
  });

  test('gives an object that no anchor overlaps enough its best ones, where that is wanted', () => {
    const small = tensor([[30, 30, 34, 34]]);
    const rule = { positive: 0.7, negative: 0.3 };
    const assigned = (leastOfBest?: number) =>
      assignMaxOverlap(anchors, small, { ...rule, leastOfBest })
        .assigned.gt(0)
        .sum()
        .number();
    expect(assigned()).toBe(0);
    expect(assigned(0.01)).toBeGreaterThan(0);
    expect(assigned(0.3)).toBe(0);
  });

  test('is sampled up to the number and the share of positives, the same from the same seed', () => {
    const assigned = tensor([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, -1, 2], { dtype: 'i64' });
    const draw = () =>
      sample({ assigned }, { count: 6, positiveShare: 0.5 }, randomSampler(new Generator(3)));
    const { positive, negative } = draw();
    const [chosen, rest] = [positive, negative].map((x) => [...x.toArray()].map(Number));
    expect(chosen).toHaveLength(3);
    expect(rest).toHaveLength(3);
    expect(chosen).toEqual([...(chosen ?? [])].sort((a, b) => a - b));
    expect(draw().positive.toArray()).toEqual(positive.toArray());
    const all = sample({ assigned }, { count: 99, positiveShare: 0.5 }, randomSampler(generator));
    expect([...all.positive.toArray()].map(Number)).toEqual([0, 1, 2, 3, 11]);
    expect(all.negative.elements).toBe(6);
  });
});

describe('losses', () => {
  test('are 0 at their target, with no slope of quality focal loss there', () => {
    const logits = randn([6, 3], { generator });
    logits.requiresGrad = true;
    const loss = qualityFocalLoss(logits, logits.sigmoid().detach());
    expectClose(loss, zeros([6]), { atol: 1e-7 });
    const [slope] = gradients(loss.sum(), [logits]);
    expectClose(slope as Tensor, zeros([6, 3]), { atol: 1e-7 });
    const some = boxes(4);
    expectClose(giouLoss(some, some), zeros([4]), { atol: 1e-6 });
    expectClose(smoothL1(some, some, 1), zeros([4, 4]), { atol: 0 });
  });

  test('of a distribution is the entropy of the two bins beside the target', () => {
    const certain = tensor([[0, 0, 60, 0, 0]]);
    expectClose(distributionFocalLoss(certain, tensor([2])), [0], { atol: 1e-6 });
    const even = distributionFocalLoss(zeros([2, 5]), tensor([1.5, 3.25]));
    expectClose(even, [Math.log(5), Math.log(5)], { atol: 1e-6 });
  });
});

describe('bestClassBoxes', () => {
  test('keeps the best boxes of each class, and none below the score', () => {
    const two = tensor([
      [0, 0, 10, 10],
      [0, 0, 10, 11],
      [20, 20, 30, 30],
    ]);
    const scores = tensor([
      [0.9, 0.2],
      [0.8, 0.01],
      [0.02, 0.6],
    ]);
    const options = { leastScore: 0.05, most: 9, suppression: { threshold: 0.5 } };
    const found = bestClassBoxes(two, scores, options);
    expect([...found.labels.toArray()].map(Number)).toEqual([0, 1, 1]);
    expectClose(found.scores, [0.9, 0.6, 0.2], { atol: 1e-6 });
    const one = bestClassBoxes(two, scores, { ...options, most: 1 });
    expectClose(one.boxes, [[0, 0, 10, 10]], { atol: 0 });
    expect(bestClassBoxes(two, scores, { ...options, leastScore: 1 }).boxes.shape).toEqual([0, 4]);
    const none = bestClassBoxes(zeros([0, 8]), zeros([0, 2]), options);
    expect(none.boxes.shape).toEqual([0, 4]);
    const deviations = [1, 1, 1, 1] as const;
    expect(decodeDeltas(zeros([0, 4]), zeros([0, 8]), { deviations }).shape).toEqual([0, 8]);
  });
});
