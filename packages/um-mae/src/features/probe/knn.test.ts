import { Generator, randn, tensor } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { classifyByNeighbours, neighbourAccuracy } from './knn.js';

const known = {
  features: tensor([
    [1, 0],
    [0.9, 0.1],
    [0, 1],
    [0.1, 0.9],
    [0.2, 0.8],
  ]),
  labels: tensor([0, 0, 1, 1, 1], { dtype: 'i64' }),
};
const classify = (features: number[][], options = {}) =>
  [...classifyByNeighbours(known, tensor(features), options).toArray()].map(Number);

describe('classifyByNeighbours', () => {
  test('goes by direction, not by length', () => {
    expect(
      classify([
        [100, 5],
        [0.01, 0.2],
      ]),
    ).toEqual([0, 1]);
  });

  test('lets one close neighbour outvote two far ones', () => {
    const options = { neighbours: 3 };
    const between = [[0.8, 0.35]]; // two of class 0 are closest, then one of class 1
    expect(classify(between, options)).toEqual([0]);
    const single = {
      features: tensor([
        [1, 0],
        [0, 1],
        [-0.1, 1],
      ]),
      labels: tensor([0, 1, 1], { dtype: 'i64' }),
    };
    const vote = (temperature: number) =>
      classifyByNeighbours(single, tensor([[1, 0.3]]), { neighbours: 3, temperature }).number();
    expect(vote(0.07)).toBe(0);
    expect(vote(100)).toBe(1);
  });

  test('asks all known images when there are fewer than k', () => {
    expect(classify([[1, 0]], { neighbours: 50 })).toEqual([0]);
  });

  test('takes more images than a block holds', () => {
    const features = randn([2500, 2], { generator: new Generator(1) });
    const classes = classifyByNeighbours(known, features, { neighbours: 1 });
    expect(classes.shape).toEqual([2500]);
    const first = classifyByNeighbours(known, features.narrow(0, 2000, 500), { neighbours: 1 });
    expect(classes.narrow(0, 2000, 500).equal(first)).toBe(true);
  });
});

describe('neighbourAccuracy', () => {
  test('is 1 for the nearest neighbour of an image itself', () => {
    expect(neighbourAccuracy(known, known, { neighbours: 1 })).toBe(1);
  });

  test('is the share of right answers', () => {
    const test = { ...known, labels: tensor([0, 1, 1, 1, 0], { dtype: 'i64' }) };
    expect(neighbourAccuracy(known, test, { neighbours: 1 })).toBeCloseTo(0.6, 12);
  });
});
