/**
 * Seeded randomness of the data: a generator for every (seed, epoch, image), and the order of an
 * epoch.
 *
 * A generator is a function of its numbers alone, so results do not depend on how many threads
 * decode, in which order they finish, or where a run was resumed. Integer arithmetic only: the same
 * on every platform.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Draws the next double, uniform in [0, 1), a multiple of 2^-53. */
export type Random = () => number;

/**
 * xoroshiro128+ whose 128-bit state is a hash of `numbers` (integers up to 2^53), in their order.
 */
export function seededRandom(...numbers: readonly number[]): Random {
  const state = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667].map((lane) =>
    numbers.reduce((hash, n) => scramble(scramble(hash ^ n) ^ Math.floor(n / 2 ** 32)), lane),
  );
  const generator = xoroshiro128plusFromState(state);
  return () => uniformFloat64(generator);
}

/** The order in which an epoch visits `length` images: a Fisher-Yates shuffle. */
export function epochOrder(length: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  const random = seededRandom(seed, epoch);
  for (let last = length - 1; last > 0; last--) {
    const chosen = randomInteger(random, last + 1);
    const moved = order[chosen] as number;
    order[chosen] = order[last] as number;
    order[last] = moved;
  }
  return order;
}

/** Uniform among 0 ... `count` - 1. */
export function randomInteger(random: Random, count: number): number {
  return Math.floor(random() * count);
}

/** Draws a number uniformly from [`low`, `high`). */
export function randomBetween(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** A bijection of 32-bit integers in which every input bit moves about half of the output bits. */
function scramble(value: number): number {
  let bits = (value + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
