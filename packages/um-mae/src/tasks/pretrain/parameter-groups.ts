import type { Tensor } from '@um-mae/torch';
import type { ParameterGroup } from '@um-mae/torch/optim';

/**
 * Weight decay on everything but one-dimensional parameters and biases; the learned tokens, [1, 1,
 * channels], do decay. The group without decay comes first, as in the published code.
 */
export function parameterGroups(
  parameters: ReadonlyMap<string, Tensor>,
  weightDecay: number,
): ParameterGroup[] {
  const entries = [...parameters];
  const isFree = ([name, parameter]: readonly [string, Tensor]) =>
    parameter.shape.length === 1 || name.endsWith('.bias');
  return [
    { parameters: new Map(entries.filter(isFree)), weightDecay: 0 },
    { parameters: new Map(entries.filter((entry) => !isFree(entry))), weightDecay },
  ];
}
