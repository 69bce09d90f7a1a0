/** Where the time of a computation goes: by operator, and by the module that called it. */
import { native } from '../native.js';
import type { Module } from './module.js';

/** One operator, as one module called it. */
export interface OperatorTime {
  /** Path of the module inside the root; empty outside of all modules. */
  readonly module: string;
  /** `aten::mm`, or the name of a backward function for what it does itself. */
  readonly operator: string;
  /** Whether in a backward pass. */
  readonly backward: boolean;
  readonly calls: number;
  /** Without the time of operators that it called. */
  readonly seconds: number;
  /** Of the tensors that it made, whether or not they are alive. */
  readonly bytes: number;
}

/**
 * Runs `body` and tells how long every operator took, backward passes included. Whatever else the process
 * computes meanwhile is counted too; on a GPU, times are those of the launches.
 *
 * @throws TorchError when a profile is running already
 */
export function profile(root: Module, body: () => void): OperatorTime[] {
  const restore = [...named(root)].map(([name, module]) => watch(module, name));
  native.startProfile();
  let times: OperatorTime[] = [];
  try {
    body();
  } finally {
    times = native.stopProfile();
    for (const undo of restore) undo();
  }
  return times;
}

function* named(module: Module, path = ''): Generator<[path: string, module: Module]> {
  yield [path, module];
  for (const [name, child] of module.children()) {
    yield* named(child, path === '' ? name : `${path}.${name}`);
  }
}

/** Reports every call of the module's `forward`, until the returned function is called. */
function watch(module: Module, name: string): () => void {
  const before = Object.getOwnPropertyDescriptor(module, 'forward');
  if (!before) return () => {};
  const forward = before.value as (...inputs: unknown[]) => unknown;
  const value = (...inputs: unknown[]) => {
    native.enterModule(name);
    try {
      return forward(...inputs);
    } finally {
      native.leaveModule();
    }
  };
  Object.defineProperty(module, 'forward', { ...before, value });
  return () => Object.defineProperty(module, 'forward', before);
}
