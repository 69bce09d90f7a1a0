/**
 * Looks at what the modules of a model compute, from outside: models need no hooks of their own.
 */
import type { Module } from './module.js';

/** A call of a module's `forward`. */
export interface ModuleCall {
  /**
   * The path of the module from the model that is observed, as in the names of its tensors; the
   * model's own is empty.
   */
  readonly path: string;
  readonly module: Module;
  /** The arguments of `forward`. */
  readonly inputs: readonly unknown[];
  /**
   * The result of `forward`. Its tensors are freed with the scope that they belong to, unless they
   * are kept.
   */
  readonly output: unknown;
}

/**
 * Runs `body`, and calls `observer` after every call of the `forward` of `model`, or of a module
 * inside it.
 *
 * @returns what `body` returns
 */
export function observing<Result>(
  model: Module,
  observer: (call: ModuleCall) => void,
  body: () => Result,
): Result {
  return wrapping(model, body, ({ path, module, inputs }, forward) => {
    const output = forward();
    observer({ path, module, inputs, output });
    return output;
  });
}

/**
 * Stands in for the `forward` of a module; `forward()` runs it, with the inputs that it was given.
 */
export type Wrapper = (call: Omit<ModuleCall, 'output'>, forward: () => unknown) => unknown;

/**
 * Runs `body` with `wrapper` around the `forward` of `model` and of every module inside it, and
 * takes it off again.
 */
export function wrapping<Result>(model: Module, body: () => Result, wrapper: Wrapper): Result {
  const restore = [...named(model)].map(([path, module]) => wrap(path, module, wrapper));
  try {
    return body();
  } finally {
    for (const undo of restore.reverse()) undo();
  }
}

function* named(module: Module, path = ''): Generator<[path: string, module: Module]> {
  yield [path, module];
  for (const [name, child] of module.children()) {
    yield* named(child, [path, name].filter((part) => part !== '').join('.'));
  }
}

/** Replaces the module's `forward` until the returned function is called. */
function wrap(path: string, module: Module, wrapper: Wrapper): () => void {
  const before = Object.getOwnPropertyDescriptor(module, 'forward');
  if (!before) return () => {};
  const forward = before.value as (...inputs: unknown[]) => unknown;
  const value = (...inputs: unknown[]) =>
    wrapper({ path, module, inputs }, () => forward(...inputs));
  Object.defineProperty(module, 'forward', { ...before, value });
  return () => Object.defineProperty(module, 'forward', before);
}
