/**
 * Classification by the nearest neighbours, the probe that trains nothing: images vote for their
 * own class, the more similar the stronger.
 *
 * Source: Wu et al. 2018 (instance discrimination), arXiv:1805.01978, section 3.4; k = 20 and the
 * temperature as in DINO (Caron et al. 2021, arXiv:2104.14294).
 */
import { cat, scope, type Tensor, zeros } from '@um-mae/torch';
import { at } from '../../at.js';
import { accuracy, type LabelledFeatures } from '../labelled-features.js';

export interface NeighbourOptions {
  /** Neighbours that vote. Default 20. */
  readonly neighbours?: number;
  /** A neighbour's vote is exp(cosine similarity / temperature). Default 0.07. */
  readonly temperature?: number;
}

/** Images whose similarities to all known ones are held at once. */
const blockSize = 1024;

/**
 * @param known features with labels, the voters
 * @param features [images, channels]
 * @returns i64 [images], the class with the most votes
 *
 * @example
 * ```ts
 * import { tensor } from '@um-mae/torch';
 * import { classifyByNeighbours } from 'um-mae';
 *
 * const known = {
 *   features: tensor([[1, 0], [0, 1]]),
 *   labels: tensor([0, 1], { dtype: 'i64' }),
 * };
 * const found = classifyByNeighbours(known, tensor([[2, 1], [1, 3]]), { neighbours: 1 });
 * console.log([...found.toArray()].map(Number)); // [ 0, 1 ]
 * ```
 */
export function classifyByNeighbours(
  known: LabelledFeatures,
  features: Tensor,
  { neighbours = 20, temperature = 0.07 }: NeighbourOptions = {},
): Tensor {
  return scope(() => {
    const voters = directions(known.features).t();
    const classes = known.labels.amax().number() + 1;
    const nearest = Math.min(neighbours, known.labels.elements);
    const blocks = directions(features).split(blockSize);
    const chosen = blocks.map((block) =>
      scope(() => {
        const [similarity, index] = block.matmul(voters).topk(nearest, { dim: 1 });
        const votes = similarity.div(temperature).exp();
        const labels = known.labels.indexSelect(0, index.flatten()).view(index.shape);
        return zeros([at(block.shape, 0), classes], { dtype: votes.dtype })
          .scatterAdd(1, labels, votes)
          .argmax({ dim: 1 });
      }),
    );
    return cat(chosen);
  });
}

/**
 * Share of the images of `test` that their neighbours in `train` classify right.
 *
 * @example
 * ```ts
 * import { tensor } from '@um-mae/torch';
 * import { neighbourAccuracy } from 'um-mae';
 *
 * const train = {
 *   features: tensor([[1, 0], [0, 1]]),
 *   labels: tensor([0, 1], { dtype: 'i64' }),
 * };
 * const test = {
 *   features: tensor([[2, 1], [3, 1]]),
 *   labels: tensor([0, 1], { dtype: 'i64' }),
 * };
 * console.log(neighbourAccuracy(train, test, { neighbours: 1 })); // 0.5
 * ```
 */
export function neighbourAccuracy(
  train: LabelledFeatures,
  test: LabelledFeatures,
  options: NeighbourOptions = {},
): number {
  return scope(() => accuracy(classifyByNeighbours(train, test.features, options), test.labels));
}

/** Rows of length 1: their products are cosines. */
export function directions(features: Tensor): Tensor {
  const length = features.square().sum([1], { keepdim: true }).sqrt();
  return features.div(length.clamp({ min: 1e-12 }));
}
