/** NumPy-like indexing, on top of libtorch's `select`, `slice`, `index` and `index_put_`. */
import { TorchError } from '../addon/errors.js';
import type { Tensor } from './tensor.js';

/** A range of one dimension; made by `slice`. */
export interface Slice {
  readonly start: number | null;
  readonly end: number | null;
  readonly step: number;
}

/**
 * One place in an indexing expression: a number drops its dimension, a slice or `':'` keeps it,
 * `null` adds one of size 1, `'...'` stands for all dimensions not named, a boolean or integer
 * tensor gathers.
 */
export type Index = number | Slice | ':' | '...' | null | Tensor;

/** `start:end:step` of Python; negative ends count from the back. */
export function slice(start: number | null, end: number | null = null, step = 1): Slice {
  return { start, end, step };
}

export function readAt(source: Tensor, indices: readonly Index[]): Tensor {
  const { view, gathers } = basicView(source, indices);
  if (gathers) return view.index(gathers);
  // Always a handle of its own: whoever asked may dispose it.
  return view === source ? source.expandAs(source) : view;
}

/** @param values broadcast to the places that `indices` name */
export function writeAt(target: Tensor, indices: readonly Index[], values: Tensor): void {
  const { view, gathers } = basicView(target, indices);
  if (gathers) view.indexPut_(gathers, values);
  else view.copy_(values);
}

/** Applies all but the gathering indices as views; those are left, in place, for `index`. */
function basicView(
  source: Tensor,
  indices: readonly Index[],
): { view: Tensor; gathers: (Tensor | null)[] | undefined } {
  let view = source;
  let dimension = 0;
  // One entry per dimension of the view, but one for all dimensions that a boolean tensor covers.
  const gathers: (Tensor | null)[] = [];
  for (const index of expandEllipsis(source, indices)) {
    if (typeof index === 'number') {
      view = view.select(dimension, index);
      continue;
    }
    gathers.push(isTensor(index) ? index : null);
    dimension += index === null ? 1 : dimensionsUsed(index);
    if (index === null) view = view.unsqueeze(dimension - 1);
    else if (typeof index === 'object' && !isTensor(index)) {
      const { start, end, step } = index;
      view = view.slice({ dim: dimension - 1, start, end, step });
    }
  }
  return { view, gathers: gathers.some(isTensor) ? gathers : undefined };
}

function isTensor(index: Index): index is Tensor {
  return typeof index === 'object' && index !== null && 'handle' in index;
}

function expandEllipsis(source: Tensor, indices: readonly Index[]): Exclude<Index, '...'>[] {
  const named = indices.reduce<number>((count, index) => count + dimensionsUsed(index), 0);
  const rank = source.shape.length;
  const ellipses = indices.filter((index) => index === '...').length;
  if (named > rank || ellipses > 1) {
    throw new TorchError(
      'index',
      `Expected at most ${rank} indices and one '...' for shape [${source.shape.join(', ')}] but got ${indices.length}.`,
    );
  }
  return indices.flatMap((index) =>
    index === '...' ? new Array<':'>(rank - named).fill(':') : [index],
  );
}

function dimensionsUsed(index: Index): number {
  if (index === null || index === '...') return 0;
  return isTensor(index) && index.dtype === 'bool' ? index.shape.length : 1;
}
