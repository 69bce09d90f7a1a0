/**
 * Inner values, gradients and statistics of networks for dense tasks, against the published ones.
 */
import type { Tensor } from '@um-mae/torch';
import type { Module } from '@um-mae/torch/nn';
import { z } from 'zod';
import { type Comparison, compareNumbers, compareTensors } from '../../comparison.js';
import { type Case, readTensors, required } from '../../fixture.js';

const tolerated = z.object({ recommended_atol: z.number().optional() });

/** The distance that each tensor of a file may have from the published one. */
export const toleratedTensors = z.object({ tensors: z.record(z.string(), tolerated) });

/** Gradients, and those of them that are nothing but rounding. */
export const describedGradients = z.object({
  per_tensor: z.record(z.string(), z.object({ recommended_atol: z.number() })),
  analytically_zero: z.array(z.string()),
  analytically_zero_slices: z.record(z.string(), z.string()),
});

/**
 * The name here of a tensor of the published segmentors, in which those of the backbone have a
 * prefix.
 */
export function ownName(published: string): string {
  return published.replace(/^backbone\./, '').replace(/\.gamma_(\d)$/, '.ls$1.gamma');
}

/** The tensors of one file of a case, by our names. */
export function readOwn(fixture: Case, file: string): ReadonlyMap<string, Tensor> {
  // Indices follow from the grid, and are no state here.
  const tensors = [...readTensors(fixture, file)].filter(
    ([name]) => !name.endsWith('.relative_position_index'),
  );
  return new Map(tensors.map(([name, tensor]) => [ownName(name), tensor]));
}

/** Compares all tensors of `file` that are not passed over by `values` giving none. */
export function compareFile(
  fixture: Case,
  file: string,
  described: z.infer<typeof toleratedTensors>,
  values: (name: string) => Tensor | undefined,
): Comparison[] {
  return [...readTensors(fixture, file)].flatMap(([name, theirs]) => {
    const ours = values(name);
    if (!ours) return [];
    return [compareTensors(name, ours, theirs, described.tensors[name]?.recommended_atol ?? 0)];
  });
}

/** Compares the gradients that the parameters of a model, or other tensors, have. */
export function compareDenseGradients(
  fixture: Case,
  described: z.infer<typeof describedGradients>,
  tensors: ReadonlyMap<string, Tensor>,
): Comparison[] {
  const expected = readTensors(fixture, 'grads.safetensors');
  return Object.entries(described.per_tensor).flatMap(([name, { recommended_atol: tolerance }]) => {
    if (described.analytically_zero.includes(name)) return [];
    const parameter = required(tensors, ownName(name));
    const kept = withoutZeros(described.analytically_zero_slices[name]);
    const ours = kept(parameter.grad ?? parameter.detach().mul(Number.NaN));
    return [compareTensors(`grad ${name}`, ours, kept(required(expected, name)), tolerance)];
  });
}

/** Leaves out the elements that `text` names, such as `elements 6 to 11 (the key third)`. */
export function withoutZeros(text: string | undefined): (gradient: Tensor) => Tensor {
  const [, first, last] = /elements (\d+) to (\d+)/.exec(text ?? '') ?? [];
  if (first === undefined || last === undefined) return (gradient) => gradient;
  return (gradient) => {
    const kept = gradient.clone();
    kept.narrow(0, Number(first), Number(last) - Number(first) + 1).zero_();
    return kept;
  };
}

/** Counts the names that one of the two states has alone. */
export function compareStateNames(model: Module, theirs: ReadonlyMap<string, Tensor>): Comparison {
  const ours = [...model.state().keys()];
  const alone = [
    ...ours.filter((name) => !theirs.has(name)),
    ...[...theirs.keys()].filter((name) => !ours.includes(name)),
  ];
  return compareNumbers('names of the state that differ', alone.length, 0, 0);
}
