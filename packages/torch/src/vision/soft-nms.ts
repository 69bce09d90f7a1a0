/**
 * Soft-NMS: a box that is taken lowers the scores of those that it overlaps.
 *
 * Source: Bodla et al. 2017, arXiv:1704.04503; the order of equal scores is that of mmcv.
 */
import { hasKernel } from '../tensor/kernels.js';
import { callOperator } from '../tensor/operator.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import { separated } from './nms.js';

/**
 * The way in which a score falls: by the overlap, by a bell curve of it, or to 0 as in plain
 * suppression.
 */
export type Decay = 'linear' | 'gaussian' | 'hard';

export interface SoftNmsOptions {
  /** Default 'linear'. */
  readonly decay?: Decay;
  /** Overlaps from here on lower a score, but for 'gaussian', where all do. Default 0.3. */
  readonly threshold?: number;
  /** Width of the bell curve. Default 0.5. */
  readonly sigma?: number;
  /** A box whose score falls below is dropped. Default 0.001. */
  readonly minimum?: number;
  /** [count] i64: boxes of different labels do not lower each other. */
  readonly labels?: Tensor | undefined;
}

/** The boxes that soft-NMS takes, in the order of taking. */
export interface SoftlyKept {
  /** [kept] i64, indices of boxes. */
  readonly kept: Tensor;
  /** [kept], lowered. */
  readonly scores: Tensor;
}

type Rule = Required<Omit<SoftNmsOptions, 'labels'>>;

/**
 * Takes the box of the best score, lowers the others' scores, and so on. One box after the other:
 * on the CPU, wherever the boxes are.
 *
 * @param boxes [count, 4] as x1, y1, x2, y2
 */
export function softNms(boxes: Tensor, scores: Tensor, options: SoftNmsOptions = {}): SoftlyKept {
  const { labels, decay = 'linear', threshold = 0.3, sigma = 0.5, minimum = 0.001 } = options;
  if (boxes.elements === 0) return { kept: scores.to('i64'), scores };
  const apart = (labels ? separated(boxes, labels) : boxes).to('cpu');
  const own = scores.to('cpu');
  const { device } = boxes;
  const rule = { decay, threshold, sigma, minimum };
  const found = hasKernel('um::soft_nms', apart, own)
    ? byKernel(apart, own, rule)
    : plainSoftNms(apart, own, rule);
  return { kept: found.kept.to(device), scores: found.scores.to(device) };
}

const decays: readonly Decay[] = ['linear', 'gaussian', 'hard'];

function byKernel(boxes: Tensor, scores: Tensor, rule: Rule): SoftlyKept {
  const { decay, threshold, sigma, minimum } = rule;
  const numbers = [decays.indexOf(decay), threshold, sigma, minimum];
  const result = callOperator('um::soft_nms', boxes, scores, ...numbers) as [Tensor, Tensor];
  return { kept: result[0], scores: result[1] };
}

interface Candidate {
  readonly index: number;
  readonly box: readonly number[];
  score: number;
}

/** The kernel's rule, box by box. */
function plainSoftNms(boxes: Tensor, scores: Tensor, rule: Rule): SoftlyKept {
  const corners = [...boxes.toArray()].map(Number);
  const all = [...scores.toArray()].map(
    (score, index): Candidate => ({
      index,
      box: corners.slice(4 * index, 4 * index + 4),
      score: Number(score),
    }),
  );
  for (let i = 0; i < all.length; i++) {
    const taken = takeBest(all, i);
    for (let j = i + 1; j < all.length; ) {
      const other = all[j] as Candidate;
      other.score *= factor(overlap(taken.box, other.box), rule);
      if (other.score >= rule.minimum) j++;
      else {
        // The last one takes the place of a dropped one.
        const last = all.pop() as Candidate;
        if (j < all.length) all[j] = last;
      }
    }
  }
  return {
    kept: tensor(
      all.map(({ index }) => index),
      { dtype: 'i64' },
    ),
    scores: tensor(
      all.map(({ score }) => score),
      { dtype: scores.dtype },
    ),
  };
}

/** Changes the place of the best of the candidates from `first` on with that of `first`. */
function takeBest(all: Candidate[], first: number): Candidate {
  let best = first;
  for (let i = first; i < all.length; i++) {
    if ((all[i] as Candidate).score > (all[best] as Candidate).score) best = i;
  }
  const taken = all[best] as Candidate;
  all[best] = all[first] as Candidate;
  all[first] = taken;
  return taken;
}

function factor(overlap: number, { decay, threshold, sigma }: Rule): number {
  if (decay === 'gaussian') return Math.exp(-(overlap ** 2) / sigma);
  if (!(overlap >= threshold)) return 1;
  return decay === 'linear' ? 1 - overlap : 0;
}

function overlap(a: readonly number[], b: readonly number[]): number {
  const [left = 0, top = 0, right = 0, bottom = 0] = a;
  const [otherLeft = 0, otherTop = 0, otherRight = 0, otherBottom = 0] = b;
  const width = Math.max(0, Math.min(right, otherRight) - Math.max(left, otherLeft));
  const height = Math.max(0, Math.min(bottom, otherBottom) - Math.max(top, otherTop));
  const areas =
    (right - left) * (bottom - top) + (otherRight - otherLeft) * (otherBottom - otherTop);
  return width * height === 0 ? 0 : (width * height) / (areas - width * height);
}
