/** Measures the time of a computation, by operator and by the module that called it. */
import { native, type OperatorTime } from '../../addon/native.js';
import type { Module } from './module.js';
import { wrapping } from './observing.js';

/**
 * Runs `body` and tells how long every operator took, backward passes included. Whatever else the
 * process computes meanwhile is counted too; on a GPU, times are those of the launches.
 *
 * @throws TorchError when a profile is running already
 *
 * @example
 * ```ts
 * import { ones } from '@um-mae/torch';
 * import { Gelu, Linear, observing, profile, Sequential } from '@um-mae/torch/nn';
 *
 * const model = new Sequential(new Linear(4, 8), new Gelu());
 * const names: string[] = [];
 * observing(model, ({ path }) => names.push(path), () => model.forward(ones([2, 4])));
 * console.log(names.length); // 3
 * const times = profile(model, () => model.forward(ones([2, 4])));
 * console.log(times[0]?.operator);
 * ```
 */
export function profile(root: Module, body: () => void): OperatorTime[] {
  native.startProfile();
  let times: OperatorTime[] = [];
  try {
    wrapping(root, body, ({ path }, forward) => {
      native.enterModule(path);
      try {
        return forward();
      } finally {
        native.leaveModule();
      }
    });
  } finally {
    times = native.stopProfile();
  }
  return times;
}
