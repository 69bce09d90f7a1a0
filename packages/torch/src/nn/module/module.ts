/** The base of all layers and models: named parameters and buffers, found by walking properties. */

import { type DType, isDType } from '../../addon/dtype.js';
import { SerializationError } from '../../addon/errors.js';
import { noGrad } from '../../tensor/autograd.js';
import { scope } from '../../tensor/scope.js';
import { Tensor } from '../../tensor/tensor.js';
import { type ConstantOptions, Constants } from './constants.js';
import { Parameter } from './parameter.js';

/** The names that `loadState` matched, and those that it did not. */
export interface StateReport {
  /** Names found on both sides, and copied. */
  readonly matched: readonly string[];
  /** Names of the module that the state does not have. */
  readonly missing: readonly string[];
  /** Names of the state that the module does not have. */
  readonly unexpected: readonly string[];
}

/**
 * A part of a model. Properties that are modules, or arrays of modules, are its children;
 * `Parameter` properties are trained; plain `Tensor` properties are buffers. A property's path is
 * its name in the state: `blocks.3.attn.qkv.weight`. Private `#fields` are not looked at.
 *
 * Every call of `forward` is a `scope`: of the tensors that it makes, only the result (and what
 * autograd saved) outlives it.
 */
export abstract class Module {
  /** Whether layers that behave differently in training do so. */
  training = true;
  readonly #constants = new Constants();

  constructor() {
    const { forward } = this as { forward?: (...inputs: unknown[]) => unknown };
    if (!forward) return;
    const scoped = (...inputs: unknown[]) => scope(() => forward.apply(this, inputs));
    Object.defineProperty(this, 'forward', { value: scoped, configurable: true });
  }

  /**
   * The modules directly inside this one, by property name; array members as `name.0`. A subclass
   * may give a child the empty name, so that its tensors are named as the subclass's own.
   */
  *children(): Generator<[name: string, child: Module]> {
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Module) yield [name, value];
      else if (Array.isArray(value)) {
        for (const [i, item] of value.entries()) {
          if (item instanceof Module) yield [`${name}.${i}`, item];
        }
      }
    }
  }

  /** This module and all inside it, depth first. */
  *modules(): Generator<Module> {
    yield this;
    for (const [, child] of this.children()) yield* child.modules();
  }

  /** Parameters and buffers by name: a module's own before its children's, as in PyTorch. */
  *namedTensors(prefix = ''): Generator<[name: string, tensor: Tensor]> {
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Tensor) yield [prefix + name, value];
    }
    for (const [name, child] of this.children()) {
      yield* child.namedTensors(name === '' ? prefix : `${prefix}${name}.`);
    }
  }

  /** Lists the trained tensors, by name. */
  namedParameters(): Map<string, Parameter> {
    const parameters = new Map<string, Parameter>();
    for (const [name, value] of this.namedTensors()) {
      if (value instanceof Parameter) parameters.set(name, value);
    }
    return parameters;
  }

  /** Parameters and buffers by name. The tensors are the module's own, not copies. */
  state(): Map<string, Tensor> {
    return new Map(this.namedTensors());
  }

  /**
   * Copies values by name into the module's parameters and buffers.
   *
   * @param options.allow names, or beginnings of names, that may be missing or
   *   unexpected; anything else that does not match is an error and nothing is copied
   * @throws SerializationError naming what is missing, unexpected, or of another shape
   */
  loadState(
    state: ReadonlyMap<string, Tensor>,
    options: { allow?: readonly string[] } = {},
  ): StateReport {
    const own = this.state();
    const allowed = (name: string) => (options.allow ?? []).some((start) => name.startsWith(start));
    const report = {
      matched: [...own.keys()].filter((name) => state.has(name)),
      missing: [...own.keys()].filter((name) => !state.has(name)),
      unexpected: [...state.keys()].filter((name) => !own.has(name)),
    };
    refuse(
      'missing',
      report.missing.filter((name) => !allowed(name)),
    );
    refuse(
      'unexpected',
      report.unexpected.filter((name) => !allowed(name)),
    );
    const pairs = report.matched.map((name) => [name, own.get(name), state.get(name)] as const);
    for (const [name, to, from] of pairs) if (to && from) checkShape(name, to, from);
    noGrad(() => {
      for (const [, to, from] of pairs) if (to && from) to.copy_(from);
    });
    return report;
  }

  /** Frees all parameters and buffers, and what evaluations have kept. The module is of no more use. */
  dispose(): void {
    for (const tensor of this.state().values()) tensor.dispose();
    for (const module of this.modules()) module.#constants.clear();
  }

  /** Switches this module and all inside it to training behaviour, or to evaluation behaviour. */
  train(training = true): this {
    for (const module of this.modules()) {
      module.training = training;
      module.#constants.clear();
    }
    return this;
  }

  /** Switches to evaluation behaviour. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Gives a value that forward passes compute anew although it stays the same as long as weights
   * do: it is kept while the module evaluates without gradients.
   */
  protected constant<Value>(name: string, options: ConstantOptions<Value>): Value {
    return this.training ? options.compute() : this.#constants.get(name, options);
  }

  /**
   * Moves parameters and buffers to a device, or changes the element type of those that are not
   * integers. Gradients are forgotten.
   */
  to(target: DType | string): this {
    const isFloat = (tensor: Tensor) => /^b?f\d/.test(tensor.dtype);
    noGrad(() => {
      for (const [, tensor] of this.namedTensors()) {
        if (isDType(target) && !isFloat(tensor)) continue;
        using moved = tensor.to(target);
        tensor.grad = undefined;
        tensor.setData_(moved);
      }
    });
    return this;
  }
}

function refuse(kind: 'missing' | 'unexpected', names: readonly string[]): void {
  if (names.length === 0) return;
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ', ...' : '');
  throw new SerializationError(
    `Expected weights of this model but got ${names.length} ${kind} names: ${shown}.`,
  );
}

function checkShape(name: string, to: Tensor, from: Tensor): void {
  if (to.shape.join() === from.shape.join()) return;
  throw new SerializationError(
    `Expected \`${name}\` of shape [${to.shape.join(', ')}] but got [${from.shape.join(', ')}].`,
  );
}
