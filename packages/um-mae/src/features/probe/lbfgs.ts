/**
 * L-BFGS: minimises a smooth function of a few thousand numbers, from its values and gradients
 * alone.
 *
 * Source: Nocedal & Wright 2006, "Numerical Optimization", algorithms 7.4 and 7.5, with the
 * backtracking line search of algorithm 3.1. Made for convex functions; on others, steps along
 * which the gradient falls are not learnt from.
 */
import { at } from '../../at.js';

/** A function at one point: its value and its gradient. */
export interface FunctionValue {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface MinimiseOptions {
  /** Stop when no component of the gradient is larger. Default 1e-6. */
  readonly tolerance?: number;
  /** Default 500. */
  readonly maxIterations?: number;
  /** Steps that are remembered. Default 10. */
  readonly memory?: number;
}

export interface Minimum extends FunctionValue {
  readonly point: Float64Array;
  readonly iterations: number;
  /** Whether the gradient is within the tolerance. */
  readonly converged: boolean;
}

/** A step taken, the change of the gradient along it, and 1 / their product. */
interface Step {
  readonly move: Float64Array;
  readonly change: Float64Array;
  readonly inverse: number;
}

export function minimise(
  evaluate: (point: Float64Array) => FunctionValue,
  start: Float64Array,
  options: MinimiseOptions = {},
): Minimum {
  const { tolerance = 1e-6, maxIterations = 500, memory = 10 } = options;
  const steps: Step[] = [];
  let point = start;
  let here = evaluate(point);
  let iterations = 0;
  for (; iterations < maxIterations && largest(here.gradient) > tolerance; iterations++) {
    const next = descend(evaluate, { point, here, direction: downhill(here.gradient, steps) });
    // Rounding has the last word: there is nothing lower to be found.
    if (!next) break;
    const change = minus(next.gradient, here.gradient);
    const product = dot(next.move, change);
    if (product > 1e-12 * dot(change, change)) {
      steps.push({ move: next.move, change, inverse: 1 / product });
      if (steps.length > memory) steps.shift();
    }
    point = next.point;
    here = next;
  }
  const { value, gradient } = here;
  return { point, value, gradient, iterations, converged: largest(gradient) <= tolerance };
}

interface LineSearch {
  readonly point: Float64Array;
  readonly here: FunctionValue;
  readonly direction: Float64Array;
}

/**
 * The first point, of steps halved from 1 on, where the value has fallen in proportion to the
 * slope.
 */
function descend(
  evaluate: (point: Float64Array) => FunctionValue,
  { point, here, direction }: LineSearch,
) {
  const slope = dot(here.gradient, direction);
  for (let length = 1; length > 1e-12; length /= 2) {
    const move = direction.map((value) => length * value);
    const target = point.map((value, i) => value + at(move, i));
    const there = evaluate(target);
    if (there.value <= here.value + 1e-4 * length * slope) return { ...there, point: target, move };
  }
  return undefined;
}

/**
 * Computes minus the inverse Hessian, as the last steps approximate it, times the gradient: the
 * two-loop recursion.
 */
function downhill(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const shares = steps.toReversed().map(({ move, change, inverse }) => {
    const share = inverse * dot(move, direction);
    addScaled(direction, change, -share);
    return share;
  });
  const last = steps.at(-1);
  // Without a step to learn the scale from, the first is of length 1 at most.
  const scale = last
    ? 1 / (last.inverse * dot(last.change, last.change))
    : 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)));
  for (const [i, value] of direction.entries()) direction[i] = scale * value;
  for (const { move, change, inverse } of steps) {
    addScaled(direction, move, (shares.pop() ?? 0) - inverse * dot(change, direction));
  }
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - (b[i] as number));
}

/** Adds `scale * values` to `target`. */
function addScaled(target: Float64Array, values: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = (target[i] as number) + scale * (values[i] as number);
  }
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
