import { arange, cat, Generator, gradients, memory, randn, Tensor, tensor } from '@um-mae/torch';
import { Parameter } from '@um-mae/torch/nn';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../errors.js';
import { fitAtPenalty, fitLinearProbe, linearProbeAccuracy } from './linear-probe.js';

const classes = 3;

/**
 * Clouds around the corners of a triangle, stretched and moved: apart only after standardisation.
 */
function clouds(images: number, seed: number) {
  const generator = new Generator(seed);
  const labels = arange(0, images, { dtype: 'i64' }).remainder(classes);
  const centres = tensor([
    [0, 2],
    [2, -1],
    [-2, -1],
  ]);
  const useful = centres.indexSelect(0, labels).add(randn([images, 2], { generator }).mul(0.5));
  const noise = randn([images, 6], { generator });
  const features = cat([useful.mul(tensor([1e-3, 50])).add(7), noise.mul(100)], { dim: 1 });
  return { features, labels };
}

describe('fitAtPenalty', () => {
  test('finds a point where the gradient of the penalised cross-entropy is zero', () => {
    const train = clouds(90, 1);
    const penalty = 0.01;
    const probe = fitAtPenalty(train, penalty);
    const weight = new Parameter(probe.weight.clone());
    const bias = new Parameter(probe.bias.clone());
    const x = train.features.to('f64').sub(probe.mean).div(probe.deviation);
    const logits = x.matmul(weight).add(bias).logSoftmax(1);
    const loss = logits
      .gather(1, train.labels.unsqueeze(1))
      .mean()
      .neg()
      .add(
        weight
          .square()
          .sum()
          .mul(penalty / 2),
      );
    for (const gradient of gradients(loss, [weight, bias])) {
      expect(gradient?.abs().amax().number()).toBeLessThan(2e-5);
    }
  });

  test('agrees with the closed form for two one-dimensional clouds', () => {
    // Three of four points at +1 are of class 1, one of four at -1: the log odds there are +-ln 3.
    const features = tensor([[1], [1], [1], [1], [-1], [-1], [-1], [-1]]);
    const labels = tensor([1, 1, 1, 0, 0, 0, 0, 1], { dtype: 'i64' });
    const { weight, bias } = fitAtPenalty({ features, labels }, 0);
    const [negative = 0, positive = 0] = weight.toArray() as Float64Array;
    expect(positive - negative).toBeCloseTo(Math.log(3), 3);
    expect(bias.at(1).number() - bias.at(0).number()).toBeCloseTo(0, 3);
  });

  test('shrinks the weight as the penalty grows', () => {
    const lengths = [1e-4, 1e-2, 1].map((penalty) =>
      fitAtPenalty(clouds(90, 2), penalty).weight.norm().number(),
    );
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
  });
});

describe('fitLinearProbe', () => {
  test('separates what a line separates, whatever the scales', () => {
    expect(linearProbeAccuracy(clouds(300, 4), clouds(300, 5))).toBeGreaterThan(0.97);
  });

  test('is at chance on labels that mean nothing', () => {
    const shuffled = (set: { features: Tensor; labels: Tensor }) => ({
      ...set,
      features: randn([...set.features.shape], { generator: new Generator(8) }),
    });
    const accuracy = linearProbeAccuracy(shuffled(clouds(300, 6)), clouds(600, 7));
    expect(accuracy).toBeGreaterThan(0.2);
    expect(accuracy).toBeLessThan(0.47);
  });

  test('chooses a strong penalty for many channels and few images', () => {
    const generator = new Generator(9);
    const { features, labels } = clouds(45, 10);
    const wide = cat([features, randn([45, 200], { generator })], { dim: 1 });
    expect(fitLinearProbe({ features: wide, labels }).penalty).toBeGreaterThanOrEqual(1e-2);
  });

  test('does not depend on the test set, and gives the same again', () => {
    const train = clouds(90, 11);
    const [a, b] = [fitLinearProbe(train), fitLinearProbe(train)];
    expect(a.weight.equal(b.weight)).toBe(true);
  });

  test('leaves no tensor behind but its result', () => {
    const train = clouds(60, 12);
    const before = memory().tensors;
    const probe = fitLinearProbe(train);
    expect(Object.values(probe).filter((value) => value instanceof Tensor)).toHaveLength(4);
    expect(memory().tensors - before).toBe(4);
  });

  test('rejects a class with a single image', () => {
    const features = tensor([[0], [1], [2]]);
    const labels = tensor([0, 0, 1], { dtype: 'i64' });
    expect(() => fitLinearProbe({ features, labels })).toThrow(DataError);
    expect(() => fitLinearProbe({ features, labels })).toThrow(
      'Expected at least two training images of each class but got 1 of class 1.',
    );
  });
});
