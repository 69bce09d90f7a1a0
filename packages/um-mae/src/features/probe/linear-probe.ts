/**
 * Linear probe: multinomial logistic regression on frozen features, which shows how much of a task
 * a single linear layer reads off them.
 *
 * Source: as in CLIP (Radford et al. 2021, arXiv:2103.00020, appendix A.3), L-BFGS to convergence
 * with the strength of the L2 penalty chosen on a part of the training images. No choice sees a
 * test image.
 */
import { arange, cat, fromArray, scope, type Tensor, tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import { DataError } from '../../errors.js';
import { epochOrder } from '../../random.js';
import { accuracy, type LabelledFeatures } from '../labelled-features.js';
import { type FunctionValue, minimise } from './lbfgs.js';
import { type FeatureStatistics, featureStatistics, standardise } from './standardisation.js';

export interface LinearProbeOptions {
  /** Strengths of the penalty to choose from. Default: 1e-6, 1e-5, ... 1. */
  readonly penalties?: readonly number[];
  /** Share of the training images of each class that the choice is made on. Default 0.2. */
  readonly validationShare?: number;
  /** Decides which images those are. Default 0. */
  readonly seed?: number;
}

/** A linear classifier of features, their standardisation included. */
export interface LinearProbe extends FeatureStatistics {
  /** f64 [channels, classes] */
  readonly weight: Tensor;
  /** f64 [classes] */
  readonly bias: Tensor;
  /** The chosen strength. */
  readonly penalty: number;
}

const defaultPenalties = [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/**
 * Chooses the penalty on a part of `train`, then fits all of it.
 *
 * @throws DataError when a class has fewer than two images
 *
 * @example
 * ```ts
 * import { randn, Generator, tensor } from '@um-mae/torch';
 * import { classifyLinearly, fitLinearProbe } from 'um-mae';
 *
 * const features = randn([40, 8], { generator: new Generator(1) });
 * const labels = tensor(Array.from({ length: 40 }, (_, i) => i % 2), { dtype: 'i64' });
 * const linear = fitLinearProbe({ features, labels }, { penalties: [1e-3, 1e-1] });
 * console.log(linear.penalty, classifyLinearly(linear, features).shape);
 * ```
 */
export function fitLinearProbe(
  train: LabelledFeatures,
  options: LinearProbeOptions = {},
): LinearProbe {
  const { penalties = defaultPenalties, validationShare = 0.2, seed = 0 } = options;
  return scope(() => {
    const { fitted, held } = splitByClass(train, validationShare, seed);
    const scores = penalties.map((penalty) => {
      const probe = fitAtPenalty(fitted, penalty);
      return accuracy(classifyLinearly(probe, held.features), held.labels);
    });
    // Of equals the first, which is the strongest by default.
    const best = scores.indexOf(Math.max(...scores));
    return fitAtPenalty(train, at(penalties, best));
  });
}

/**
 * @param features [images, channels]
 * @returns i64 [images]
 *
 * @example
 * ```ts
 * import { ones, tensor, zeros } from '@um-mae/torch';
 * import { classifyLinearly } from 'um-mae';
 *
 * const f64 = { dtype: 'f64' } as const;
 * const linear = {
 *   mean: zeros([2], f64),
 *   deviation: ones([2], f64),
 *   weight: tensor([[1, 0], [0, 1]], f64),
 *   bias: zeros([2], f64),
 *   penalty: 1e-3,
 * };
 * const classes = classifyLinearly(linear, tensor([[3, 1], [0, 2]]));
 * console.log([...classes.toArray()].map(Number)); // [ 0, 1 ]
 * ```
 */
export function classifyLinearly(
  { mean, deviation, weight, bias }: LinearProbe,
  features: Tensor,
): Tensor {
  return scope(() =>
    standardise(features, { mean, deviation }).matmul(weight).add(bias).argmax({ dim: 1 }),
  );
}

/**
 * Share of the images of `test` that a probe fitted to `train` classifies right.
 *
 * @example
 * ```ts
 * import { tensor } from '@um-mae/torch';
 * import { linearProbeAccuracy } from 'um-mae';
 *
 * const labels = tensor([0, 0, 0, 1, 1, 1], { dtype: 'i64' });
 * const features = tensor([[1, 0], [2, 0], [3, 0], [-1, 0], [-2, 0], [-3, 0]]);
 * console.log(linearProbeAccuracy({ features, labels }, { features, labels })); // 1
 * ```
 */
export function linearProbeAccuracy(
  train: LabelledFeatures,
  test: LabelledFeatures,
  options: LinearProbeOptions = {},
): number {
  return scope(() =>
    accuracy(classifyLinearly(fitLinearProbe(train, options), test.features), test.labels),
  );
}

/**
 * The minimum of the mean cross-entropy plus `penalty / 2` times the squared length of the weight.
 */
export function fitAtPenalty({ features, labels }: LabelledFeatures, penalty: number): LinearProbe {
  return scope(() => {
    const statistics = featureStatistics(features);
    const x = standardise(features, statistics);
    const channels = at(features.shape, 1);
    const classes = labels.amax().number() + 1;
    const truth = labels.unsqueeze(1).eq(arange(0, classes)).to('f64');

    const evaluate = (point: Float64Array) =>
      scope(() => objective(x, truth, { ...unpack(point, channels, classes), penalty }));
    const start = new Float64Array((channels + 1) * classes);
    const { point } = minimise(evaluate, start, { tolerance: 1e-5 });
    return { ...statistics, ...unpack(point, channels, classes), penalty };
  });
}

/**
 * @param x     f64 [images, channels], standardised
 * @param truth f64 [images, classes], 1 at the true class
 * @returns value and gradient, the latter as `unpack` takes it apart
 */
function objective(
  x: Tensor,
  truth: Tensor,
  { weight, bias, penalty }: Pick<LinearProbe, 'weight' | 'bias' | 'penalty'>,
): FunctionValue {
  const [images] = x.sizes(2);
  const logProbability = x.matmul(weight).add(bias).logSoftmax(1);
  const crossEntropy = logProbability.mul(truth).sum().div(-images);
  const length = weight.square().sum();
  const excess = logProbability.exp().sub(truth).div(images); // gradient of the logits
  const slope = x.t().matmul(excess).add(weight.mul(penalty));
  return {
    value: crossEntropy.add(length.mul(penalty / 2)).number(),
    gradient: cat([slope.flatten(), excess.sum(0)]).toArray() as Float64Array,
  };
}

/** One vector of weight [channels, classes], then bias [classes]. */
function unpack(point: Float64Array, channels: number, classes: number) {
  const all = fromArray(point, { shape: [channels + 1, classes] });
  return { weight: all.narrow(0, 0, channels), bias: all.at(channels) };
}

/** Holds back a random share of every class, at least one image of it. */
function splitByClass({ features, labels }: LabelledFeatures, share: number, seed: number) {
  const classOf = labels.toArray() as BigInt64Array;
  const byClass = new Map<bigint, number[]>();
  for (const image of epochOrder(classOf.length, seed, 0)) {
    const label = classOf[image] as bigint;
    const images = byClass.get(label) ?? [];
    byClass.set(label, images);
    images.push(image);
  }
  const groups = [...byClass.values()];
  const small = groups.find((images) => images.length < 2);
  if (small) {
    throw new DataError(
      `Expected at least two training images of each class but got ${small.length} of class ${classOf[small[0] as number]}.`,
    );
  }
  const heldOf = (images: number[]) => Math.max(1, Math.round(share * images.length));
  const take = (rows: number[]) => {
    const index = tensor(rows, { dtype: 'i64' });
    return { features: features.indexSelect(0, index), labels: labels.indexSelect(0, index) };
  };
  return {
    held: take(groups.flatMap((images) => images.slice(0, heldOf(images)))),
    fitted: take(groups.flatMap((images) => images.slice(heldOf(images)))),
  };
}
