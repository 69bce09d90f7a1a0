import { type Tensor, tensor } from '@um-mae/torch';
import type { Sampler } from '../../../detection/assignment/sampling.js';
import { UmMaeError } from '../../../errors.js';

/**
 * Chooses what was drawn by the published code, set after set.
 *
 * @throws UmMaeError when a set is not among the candidates, or no set is left
 */
export function recordedSampler(sets: readonly Tensor[]): Sampler {
  const rest = [...sets];
  return {
    choose(places) {
      const chosen = rest.shift();
      const candidates = new Set([...places.toArray()].map(Number));
      const isAmong = chosen && [...chosen.toArray()].every((one) => candidates.has(Number(one)));
      if (chosen && isAmong) return chosen;
      throw new UmMaeError(
        'parity',
        'Expected recorded samples among the candidates but got others.',
      );
    },
  };
}

/** Chooses, for each image, positives and then negatives out of one recorded set. */
export function recordedSubsets(sets: readonly Tensor[]): Sampler {
  const rest = sets.flatMap((set) => [set, set]);
  return {
    choose(places) {
      const recorded = new Set([...(rest.shift()?.toArray() ?? [])].map(Number));
      const chosen = [...places.toArray()].map(Number).filter((place) => recorded.has(place));
      return tensor(chosen, { dtype: 'i64' });
    },
  };
}
