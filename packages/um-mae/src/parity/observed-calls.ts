/** Records the outputs of a model's modules in one forward pass, by their paths. */
import { Tensor } from '@um-mae/torch';
import { type Module, type ModuleCall, observing } from '@um-mae/torch/nn';
import { UmMaeError } from '../errors.js';

/**
 * The calls of every module, by path; modules without a name of their own share that of what they
 * are in.
 */
export type ObservedCalls = ReadonlyMap<string, readonly ModuleCall[]>;

/** Runs `body`; tensors that modules have returned or were given are kept. */
export function observedCalls<Result>(
  model: Module,
  body: () => Result,
): { readonly calls: ObservedCalls; readonly result: Result } {
  const calls = new Map<string, ModuleCall[]>();
  const result = observing(
    model,
    (call) => {
      keepTensors([call.inputs, call.output]);
      calls.set(call.path, [...(calls.get(call.path) ?? []), call]);
    },
    body,
  );
  return { calls, result };
}

/** Keeps tensors, and those in arrays and objects. */
function keepTensors(value: unknown): void {
  if (value instanceof Tensor) value.keep();
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(keepTensors);
}

/** The outputs of a module, in the order of its calls; none of a module that was not called. */
export function outputsOf(calls: ObservedCalls, path: string): Tensor[] {
  const outputs = calls.get(path)?.map(({ output }) => output) ?? [];
  return outputs.filter((output) => output instanceof Tensor);
}

/** The last call of a module. @throws UmMaeError when there is none */
export function callOf(calls: ObservedCalls, path: string): ModuleCall {
  const call = calls.get(path)?.at(-1);
  if (!call) throw new UmMaeError('parity', `Expected a call of \`${path}\` but got none.`);
  return call;
}

/** The first input of the last call of a module. @throws UmMaeError when it is no tensor */
export function inputOf(calls: ObservedCalls, path: string): Tensor {
  const [input] = callOf(calls, path).inputs;
  if (input instanceof Tensor) return input;
  throw new UmMaeError('parity', `Expected a tensor for \`${path}\` but got another value.`);
}
