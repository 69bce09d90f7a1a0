/**
 * AdamW: Adam with decoupled weight decay.
 *
 * Source: Loshchilov & Hutter 2019, arXiv:1711.05101; arithmetic and its order as in PyTorch.
 */

import { SerializationError, TorchError } from '../addon/errors.js';
import {
  _foreachAdd_,
  _foreachAddcdiv_,
  _foreachAddcmul_,
  _foreachDiv_,
  _foreachMul_,
  _foreachSqrt,
  _foreachZero_,
  zeros,
  zerosLike,
} from '../generated/operators.js';
import { noGrad } from '../tensor/autograd.js';
import { hasKernel } from '../tensor/kernels.js';
import { callOperator } from '../tensor/operator.js';
import { scope } from '../tensor/scope.js';
import { type Tensor, tensor } from '../tensor/tensor.js';

/** Parameters that are treated alike. */
export interface ParameterGroup {
  /** The parameters, by the name that their state is saved under. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly weightDecay: number;
  /** Multiplies the learning rate, 1 unless layers learn at different speeds. */
  readonly learningRateScale?: number;
}

export interface AdamWOptions {
  /** Decay of the running averages of the gradient and of its square. Default 0.9 and 0.999. */
  readonly betas?: readonly [first: number, second: number];
  /** Keeps the division finite. Default 1e-8. */
  readonly epsilon?: number;
}

/** The state of the optimizer for a parameter that has had a gradient. */
interface Moments {
  steps: number;
  readonly average: Tensor;
  readonly squareAverage: Tensor;
}

/** The step sizes of one update. */
interface StepSizes {
  readonly rate: number;
  readonly decay: number;
}

/** The steps of a group's parameters on a GPU, where a recording of a step counts them itself. */
interface DeviceSteps {
  /** f32 [parameters] */
  readonly all: Tensor;
  /** Views of it, f32 [] each, in the order of the group's parameters. */
  readonly each: readonly Tensor[];
}

/** A parameter whose turn it is. */
interface Update {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly moments: Moments;
}

export interface StepOptions {
  /** f32 []: where it is not 0, everything stays as it is. */
  readonly unless?: Tensor | undefined;
}

/** Elements updated at once: bounds the temporary memory of a step. */
const batchElements = 2 ** 18;

const fusedStep = 'aten::_fused_adamw_';
/** The same with a learning rate that a GPU knows. */
const fusedStepByTensor = 'aten::_fused_adamw_.tensor_lr';

export class AdamW {
  readonly #groups: readonly ParameterGroup[];
  readonly #betas: readonly [number, number];
  readonly #epsilon: number;
  readonly #moments = new Map<string, Moments>();
  readonly #deviceSteps = new Map<ParameterGroup, DeviceSteps>();

  /** @throws TorchError when two groups have a name in common */
  constructor(groups: readonly ParameterGroup[], options: AdamWOptions = {}) {
    const { betas = [0.9, 0.999], epsilon = 1e-8 } = options;
    this.#groups = groups;
    this.#betas = betas;
    this.#epsilon = epsilon;
    const names = groups.flatMap(({ parameters }) => [...parameters.keys()]);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new TorchError('optimizer', `Expected \`${twice}\` in one group but got it in two.`);
    }
  }

  /**
   * Moves every parameter that has a gradient; the others keep their moments and step counts. On a
   * GPU, libtorch 2 decides there about `unless`, so that nobody waits; such a step counts in the
   * bias correction.
   *
   * @param learningRate a number, or f32 [] where the parameters are: then a recorded step takes it
   *   anew
   */
  step(learningRate: number | Tensor, { unless }: StepOptions = {}): void {
    if (hasKernel(fusedStep, ...[...this.#parameters()].map(([, parameter]) => parameter))) {
      noGrad(() => scope(() => this.#stepFused(learningRate, unless)));
      return;
    }
    if (unless && unless.number() !== 0) return;
    const rate = typeof learningRate === 'number' ? learningRate : learningRate.number();
    noGrad(() => {
      for (const group of this.#groups) {
        const move = { rate: rate * (group.learningRateScale ?? 1), decay: group.weightDecay };
        scope(() => {
          for (const batch of batches(this.#updatesOf(group)))
            scope(() => this.#update(batch, move));
        });
      }
    });
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const [, parameter] of this.#parameters()) parameter.grad = undefined;
  }

  /** Sets all existing gradients to zero. The next ones are added to the same memory. */
  clearGrad(): void {
    const gradients = [...this.#parameters()].flatMap(([, parameter]) => parameter.grad ?? []);
    if (gradients.length > 0) noGrad(() => _foreachZero_(gradients));
  }

  /**
   * Everything that decides the steps to come, beside the parameters: `exp_avg.<name>`,
   * `exp_avg_sq.<name>` and `step.<name>` of each parameter that has had a gradient. The moments
   * are the optimizer's own tensors, not copies.
   */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    const counts = this.#countsOnDevice();
    for (const [name] of this.#parameters()) {
      const moments = this.#moments.get(name);
      if (!moments) continue;
      state.set(`step.${name}`, tensor(counts.get(name) ?? moments.steps, { dtype: 'i64' }));
      state.set(`exp_avg.${name}`, moments.average);
      state.set(`exp_avg_sq.${name}`, moments.squareAverage);
    }
    return state;
  }

  /**
   * Goes on where the optimizer stood that gave this state.
   *
   * @throws SerializationError when it is not the state of these parameters; nothing is changed
   *   then
   */
  loadState(state: ReadonlyMap<string, Tensor>): void {
    const parameters = new Map(this.#parameters());
    const saved = new Set([...state.keys()].map((key) => key.slice(key.indexOf('.') + 1)));
    const loaded = [...saved].map((name): [string, Moments] => {
      const parameter = parameters.get(name);
      if (!parameter) {
        throw new SerializationError(
          `Expected optimizer state of these parameters but got \`${name}\`.`,
        );
      }
      return [name, savedMoments(state, name, parameter)];
    });
    for (const name of parameters.keys()) if (!saved.has(name)) this.#forget(name);
    noGrad(() => {
      for (const [name, { steps, average, squareAverage }] of loaded) {
        const moments = this.#momentsOf(name, parameters.get(name) ?? average);
        moments.steps = steps;
        moments.average.copy_(average);
        moments.squareAverage.copy_(squareAverage);
      }
      for (const [group, { each }] of this.#deviceSteps) {
        for (const [i, name] of [...group.parameters.keys()].entries())
          each[i]?.fill_(this.#moments.get(name)?.steps ?? 0);
      }
    });
  }

  #forget(name: string): void {
    const moments = this.#moments.get(name);
    moments?.average.dispose();
    moments?.squareAverage.dispose();
    this.#moments.delete(name);
  }

  *#parameters(): Generator<[name: string, parameter: Tensor]> {
    for (const group of this.#groups) yield* group.parameters;
  }

  #updatesOf(group: ParameterGroup): Update[] {
    return [...group.parameters].flatMap(([name, parameter]) => {
      const gradient = parameter.grad;
      return gradient ? [{ parameter, gradient, moments: this.#momentsOf(name, parameter) }] : [];
    });
  }

  #update(updates: readonly Update[], { rate, decay }: StepSizes): void {
    const [beta1, beta2] = this.#betas;
    const { parameters, gradients, averages, squares, steps } = counted(updates);
    const shrink = 1 - rate * decay;
    const stepSize = rate / (1 - beta1 ** steps);
    const correction = Math.sqrt(1 - beta2 ** steps);
    if (hasKernel('um::adamw_', ...parameters, ...gradients)) {
      const moments = [beta1, beta2, this.#epsilon];
      const lists = [parameters, gradients, averages, squares];
      callOperator('um::adamw_', ...lists, ...moments, shrink, stepSize, correction);
      return;
    }
    if (shrink !== 1) _foreachMul_(parameters, shrink);
    _foreachMul_(averages, beta1);
    _foreachAdd_(averages, gradients, { alpha: 1 - beta1 });
    _foreachMul_(squares, beta2);
    _foreachAddcmul_(squares, gradients, gradients, { value: 1 - beta2 });

    const denominators = _foreachSqrt(squares);
    _foreachDiv_(denominators, correction);
    _foreachAdd_(denominators, this.#epsilon);
    _foreachAddcdiv_(parameters, averages, denominators, { value: -stepSize });
  }

  /** The same by libtorch 2 on a GPU, a group in one pass. */
  #stepFused(learningRate: number | Tensor, unless: Tensor | undefined): void {
    for (const group of this.#groups) {
      const entries = [...group.parameters].map(([name, parameter], i) => ({ name, parameter, i }));
      const moved = entries.filter(({ parameter }) => parameter.grad);
      const [first] = moved;
      if (!first) continue;
      const { device } = first.parameter;
      const steps = this.#deviceStepsOf(group, device);
      const moments = moved.map(({ name, parameter }) => this.#momentsOf(name, parameter));
      const counts = moved.flatMap(({ i }) => steps.each[i] ?? []);
      if (moved.length === entries.length) steps.all.add_(1);
      else for (const count of counts) count.add_(1);
      const rate =
        typeof learningRate === 'number' ? zeros([], { device }).fill_(learningRate) : learningRate;
      callOperator(
        fusedStepByTensor,
        moved.map(({ parameter }) => parameter),
        moved.map(({ parameter }) => parameter.grad),
        moments.map(({ average }) => average),
        moments.map(({ squareAverage }) => squareAverage),
        [],
        counts,
        rate.mul(group.learningRateScale ?? 1),
        ...this.#betas,
        group.weightDecay,
        this.#epsilon,
        // Neither amsgrad, nor towards larger losses, nor gradients that are scaled.
        false,
        false,
        undefined,
        unless,
      );
    }
  }

  #deviceStepsOf(group: ParameterGroup, device: string): DeviceSteps {
    let steps = this.#deviceSteps.get(group);
    if (!steps) {
      const counts = [...group.parameters.keys()].map(
        (name) => this.#moments.get(name)?.steps ?? 0,
      );
      const all = tensor(counts, { dtype: 'f32', device }).keep();
      steps = { all, each: all.unbind().map((count) => count.keep()) };
      this.#deviceSteps.set(group, steps);
    }
    return steps;
  }

  /** The steps of every parameter that a GPU counts. */
  #countsOnDevice(): Map<string, number> {
    const groups = [...this.#deviceSteps].map(([group, { all }]) => {
      const counts = all.toArray();
      return [...group.parameters.keys()].map((name, i): [string, number] => [
        name,
        Number(counts[i]),
      ]);
    });
    return new Map(groups.flat());
  }

  #momentsOf(name: string, parameter: Tensor): Moments {
    let moments = this.#moments.get(name);
    if (!moments) {
      moments = {
        steps: 0,
        average: zerosLike(parameter).keep(),
        squareAverage: zerosLike(parameter).keep(),
      };
      this.#moments.set(name, moments);
    }
    return moments;
  }
}

/** The lists that operators take, with this step counted. */
function counted(updates: readonly Update[]) {
  for (const { moments } of updates) moments.steps++;
  return {
    parameters: updates.map(({ parameter }) => parameter),
    gradients: updates.map(({ gradient }) => gradient),
    averages: updates.map(({ moments }) => moments.average),
    squares: updates.map(({ moments }) => moments.squareAverage),
    steps: updates[0]?.moments.steps ?? 1,
  };
}

/** Cuts where a batch is full, or where parameters have seen another number of gradients. */
function* batches(updates: readonly Update[]): Generator<Update[]> {
  let batch: Update[] = [];
  let elements = 0;
  for (const update of updates) {
    const steps = batch[0]?.moments.steps ?? update.moments.steps;
    if (elements >= batchElements || update.moments.steps !== steps) {
      yield batch;
      batch = [];
      elements = 0;
    }
    batch.push(update);
    elements += update.parameter.elements;
  }
  if (batch.length > 0) yield batch;
}

/** @throws SerializationError unless all three are there, with the shape of the parameter */
function savedMoments(
  state: ReadonlyMap<string, Tensor>,
  name: string,
  parameter: Tensor,
): Moments {
  const take = (kind: string, shape: readonly number[]): Tensor => {
    const value = state.get(`${kind}.${name}`);
    if (value?.shape.join() === shape.join()) return value;
    const found = value ? `[${value.shape.join(', ')}]` : 'none';
    throw new SerializationError(
      `Expected \`${kind}.${name}\` of shape [${shape.join(', ')}] but got ${found}.`,
    );
  };
  return {
    steps: take('step', []).number(),
    average: take('exp_avg', parameter.shape),
    squareAverage: take('exp_avg_sq', parameter.shape),
  };
}
