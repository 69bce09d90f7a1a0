/**
 * Activation checkpointing (Chen et al. 2016, arXiv:1604.06174): segments of a forward pass keep
 * nothing but their input, and are computed once more when the backward pass reaches them.
 *
 * libtorch runs backward functions on threads of its own, which cannot call JavaScript. So the
 * graph is cut behind every segment: its output is a leaf where the backward pass of what follows
 * ends, and `backward` goes on from there, segment by segment, from the last to the first.
 */

import type { Generator } from '../../device/random.js';
import { isGradEnabled, noGrad } from '../../tensor/autograd.js';
import { scope } from '../../tensor/scope.js';
import { Tensor } from '../../tensor/tensor.js';

export interface ActivationCheckpointsOptions {
  /**
   * The generator that segments draw from. The second computation gets the same numbers, and leaves
   * the generator's state as it was.
   */
  readonly generator?: Generator;
  /** Wraps the second computation, as `autocast` has wrapped the first. */
  readonly around?: (body: () => Tensor) => Tensor;
}

interface Segment {
  /** The input in the graph of what was before. */
  readonly input: Tensor;
  /** A leaf, which collects the gradient. */
  readonly output: Tensor;
  readonly compute: (x: Tensor) => Tensor;
  readonly held: readonly Tensor[];
  readonly randomState: Uint8Array | undefined;
}

/** The segments of one forward pass. Every pass with gradients has to be followed by `backward`. */
export class ActivationCheckpoints {
  private segments: Segment[] = [];

  constructor(private readonly options: ActivationCheckpointsOptions = {}) {}

  /**
   * Computes `segment`, without gradients until `backward`. Where no gradients are recorded, it is
   * just called.
   *
   * @param context what else it takes: values, and plain objects of them. No gradient flows into
   *   its tensors.
   * @returns the output, which is freed by `backward`
   */
  run<Context extends readonly unknown[]>(
    segment: (x: Tensor, ...context: Context) => Tensor,
    x: Tensor,
    ...context: Context
  ): Tensor {
    if (!isGradEnabled()) return segment(x, ...context);
    const randomState = this.options.generator?.state;
    const output = noGrad(() => scope(() => segment(x, ...context)))
      .detach()
      .keep();
    output.requiresGrad = true;
    const held: Tensor[] = [];
    const later = holding(context, held);
    this.segments.push({
      input: x.view(x.shape).keep(),
      output,
      compute: (input) => segment(input, ...later),
      held,
      randomState,
    });
    return output;
  }

  /** `root.backward()`, through all segments that it was computed from; they are forgotten. */
  backward(root: Tensor): void {
    const { generator } = this.options;
    const { segments } = this;
    this.segments = [];
    const randomState = generator?.state;
    root.backward();
    for (const segment of segments.reverse()) scope(() => this.propagate(segment));
    if (generator && randomState) generator.state = randomState;
  }

  private propagate({ input, output, compute, held, randomState }: Segment): void {
    const { generator, around = (body) => body() } = this.options;
    const gradient = output.grad;
    if (gradient) {
      if (generator && randomState) generator.state = randomState;
      const x = input.detach();
      x.requiresGrad = input.requiresGrad;
      // Handles would keep what the backward pass has no more use for.
      const again = scope(() => around(() => compute(x)));
      again.backward({ gradient });
      if (x.grad) input.backward({ gradient: x.grad });
    }
    for (const tensor of [input, output, ...held]) tensor.dispose();
  }
}

/**
 * The same value with handles of its own to its tensors, which outlive all scopes and are added to
 * `held`.
 */
function holding<Value>(value: Value, held: Tensor[]): Value;
function holding(value: unknown, held: Tensor[]): unknown {
  if (value instanceof Tensor) {
    const handle = value.detach().keep();
    held.push(handle);
    return handle;
  }
  if (Array.isArray(value)) return value.map((item) => holding(item, held));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, holding(item, held)]));
}
