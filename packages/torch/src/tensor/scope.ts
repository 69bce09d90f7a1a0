/** Lifetimes: what was made inside a scope and does not leave it is freed when the scope ends. */
import { TorchError } from '../addon/errors.js';

/** A value that a scope frees. */
export interface ScopeMember {
  /** Frees the value at the end of its scope, unless it was kept. */
  endOfScope(): void;
  /** Takes the value out of all scopes. */
  keep(): unknown;
}

/** The values of the innermost scope; each thread has its own copy of this module. */
const innermost: { owned: ScopeMember[] | undefined } = { owned: undefined };

/** Hands `value` to the innermost scope; false when there is none. */
export function adopt(value: ScopeMember): boolean {
  innermost.owned?.push(value);
  return innermost.owned !== undefined;
}

/**
 * Runs `body`, then frees every tensor that it made, except those in its result (a tensor, or
 * arrays, maps and plain objects of them), which pass to the enclosing scope, and those that were
 * kept.
 *
 * @throws TorchError when `body` is asynchronous: tensors of other work would be freed with its own
 *
 * @example
 * ```ts
 * import { memory, ones, resetPeakMemory, scope } from '@um-mae/torch';
 *
 * resetPeakMemory();
 * const before = memory().tensors;
 * const mean = scope(() => ones([1000, 1000]).exp().mean().number());
 * console.log(mean.toFixed(3), memory().tensors - before); // 2.718 0
 * console.log(memory().peakBytes >= 8_000_000); // true
 * ```
 */
export function scope<Result>(body: () => Result): Result {
  const outer = innermost.owned;
  const owned: ScopeMember[] = [];
  innermost.owned = owned;
  let survivors: ReadonlySet<unknown> = new Set();
  try {
    const result = body();
    if (result instanceof Promise) {
      throw new TorchError('scope', 'Expected a synchronous scope but got a promise.');
    }
    survivors = partsOf(result);
    return result;
  } finally {
    innermost.owned = outer;
    for (const value of owned) {
      if (!survivors.has(value)) value.endOfScope();
      else if (outer) outer.push(value);
      else value.keep();
    }
  }
}

/**
 * Runs `body` as if no scope were open: its result lives until it is disposed of or forgotten,
 * whatever scope the caller is in.
 */
export function outsideScopes<Result>(body: () => Result): Result {
  const outer = innermost.owned;
  innermost.owned = undefined;
  try {
    return scope(body);
  } finally {
    innermost.owned = outer;
  }
}

/** Collects a value, and all values inside arrays, maps and plain objects of it. */
export function partsOf(value: unknown): ReadonlySet<unknown> {
  const parts = new Set<unknown>();
  collect(value, parts);
  return parts;
}

function collect(value: unknown, found: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || found.has(value)) return;
  found.add(value);
  if (Array.isArray(value)) for (const item of value) collect(item, found);
  else if (value instanceof Map) for (const item of value.values()) collect(item, found);
  else if (isPlain(value)) {
    for (const item of Object.values(value)) collect(item, found);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
