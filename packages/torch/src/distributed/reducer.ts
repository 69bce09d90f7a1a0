/**
 * Gradients that are the same in all processes: the mean of theirs, computed while the backward
 * pass goes on.
 *
 * Source: Li et al. 2020, arXiv:2006.15704, section 3.2; libtorch's own `Reducer`.
 */
import { GroupError } from '../addon/errors.js';
import { native } from '../addon/native.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Group } from './group.js';

export class GradientReducer {
  private readonly reducer: object;
  private waited = 0;

  /**
   * @param parameters those that are trained, by name; the same in all processes. They stay the
   *   same tensors from now on.
   */
  constructor(
    private readonly parameters: ReadonlyMap<string, Tensor>,
    private readonly group: Group,
  ) {
    this.reducer = group.createReducer(parameters);
  }

  /**
   * The time from the last own gradient to the mean of all, in milliseconds, over all steps. On a
   * GPU it is the time that the processor has waited.
   */
  get waitedMs(): number {
    return this.waited;
  }

  /**
   * Runs the last backward pass of a step, or several of a graph that is cut. Afterwards every
   * gradient is the mean of those of all processes, with what earlier passes had added to them.
   * The second call orders the exchange as gradients came in the first, which changes the last bits
   * of sums of three processes and more.
   *
   * @throws GroupError when a process is lost, or a parameter has got no gradient
   */
  reduce(backward: () => void): void {
    native.rebuildReducer(this.reducer);
    const startMs = performance.now();
    native.prepareReducer(this.reducer);
    this.group.during(backward);
    const waitedMs = performance.now() - startMs - native.reducerComputeMs(this.reducer);
    this.waited += Math.max(0, waitedMs);
    const missing = [...this.parameters].flatMap(([name, { grad }]) => (grad ? [] : [name]));
    if (missing.length === 0) return;
    throw new GroupError(
      `Expected a gradient of every parameter in process ${this.group.rank} but got none of \`${missing.join('`, `')}\`.`,
    );
  }

  /** Gradients are each process's own again. Comes before the group is closed. */
  async close(): Promise<void> {
    await native.closeReducer(this.reducer);
  }
}
