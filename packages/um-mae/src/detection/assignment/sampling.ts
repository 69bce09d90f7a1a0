/**
 * Random samples of positives and negatives, so that few objects weigh as much as much background.
 */
import { type Generator, randperm, type Tensor } from '@um-mae/torch';
import type { Assignment } from './assignment.js';

/** Places of anchors or proposals, rising. */
export interface Samples {
  /** [positives] i64 */
  readonly positive: Tensor;
  /** [negatives] i64 */
  readonly negative: Tensor;
}

/** Chooses of candidates; a test gives what was drawn elsewhere. */
export interface Sampler {
  /** @returns at most `count` of the places [candidates] i64, rising */
  choose(places: Tensor, count: number): Tensor;
  /** The sampler of one image, by its place in the batch. Default: this one for all. */
  ofImage?(place: number): Sampler;
}

export interface SampleSize {
  /** Positives and negatives together. */
  readonly count: number;
  /** The largest share of positives. */
  readonly positiveShare: number;
}

/** A uniformly random subset of candidates. */
export function randomSampler(generator: Generator): Sampler {
  return {
    choose(places, count) {
      if (places.elements <= count) return places;
      const order = randperm(places.elements, { generator }).to('i64').to(places.device);
      const [rising] = places.indexSelect(0, order.slice({ end: count })).sort();
      return rising;
    },
  };
}

/** Positives up to their share, and negatives for the rest. */
export function sample(
  { assigned }: Pick<Assignment, 'assigned'>,
  { count, positiveShare }: SampleSize,
  sampler: Sampler,
): Samples {
  const places = (mask: Tensor) => mask.nonzero().flatten();
  const positive = sampler.choose(places(assigned.gt(0)), Math.trunc(count * positiveShare));
  const rest = count - positive.elements;
  return { positive, negative: sampler.choose(places(assigned.eq(0)), rest) };
}
