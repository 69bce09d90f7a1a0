/** Where the time of a computation goes: by operator, and by the module that called it. */
import { native, type OperatorTime } from '../native.js';
import type { Module } from './module.js';

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
