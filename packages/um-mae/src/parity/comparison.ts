/** One line of a parity report: how far a tensor of ours is from the published implementation's. */
import { scope, type Tensor } from '@um-mae/torch';

export interface Comparison {
  readonly name: string;
  /** Largest |ours - theirs|. */
  readonly absolute: number;
  /** `absolute` in proportion to the largest |theirs|, unless that is zero. */
  readonly relative: number;
  /** Largest `absolute` that passes. */
  readonly tolerance: number;
  readonly passed: boolean;
  /** The reason for which nothing is compared; undefined where something is. */
  readonly reason?: string;
}

/** Compares all elements; ours may have another shape with the same elements in the same order. */
export function compareTensors(
  name: string,
  ours: Tensor,
  theirs: Tensor,
  tolerance: number,
): Comparison {
  return scope(() => {
    const expected = theirs.to('cpu').to('f64').flatten();
    const difference = ours.detach().to('cpu').to('f64').flatten().sub(expected).abs();
    const absolute = difference.elements === 0 ? 0 : difference.amax().number();
    const largest = expected.elements === 0 ? 0 : expected.abs().amax().number();
    return comparison(name, absolute, largest, tolerance);
  });
}

export function compareNumbers(
  name: string,
  ours: number,
  theirs: number,
  tolerance: number,
): Comparison {
  return comparison(name, Math.abs(ours - theirs), Math.abs(theirs), tolerance);
}

/** A row of what could not be compared. */
export function failedComparison(name: string): Comparison {
  return { name, absolute: Number.NaN, relative: Number.NaN, tolerance: 0, passed: false };
}

/** A row of published numbers that um-mae has no counterpart of. */
export function notCompared(name: string, reason: string): Comparison {
  return { name, absolute: 0, relative: 0, tolerance: 0, passed: true, reason };
}

function comparison(
  name: string,
  absolute: number,
  largest: number,
  tolerance: number,
): Comparison {
  const relative = largest === 0 ? absolute : absolute / largest;
  return { name, absolute, relative, tolerance, passed: absolute <= tolerance };
}
