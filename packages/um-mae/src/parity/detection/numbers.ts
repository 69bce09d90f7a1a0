/** The tensors of a case of detection, with the tolerance of each. */
import type { Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { type Comparison, compareNumbers, compareTensors } from '../comparison.js';
import { type Case, readTensors, required } from '../fixture.js';

const described = z.object({
  files: z.record(
    z.string(),
    z.object({
      tensors: z
        .record(
          z.string(),
          z.object({
            exact: z.boolean().optional(),
            recommended_atol: z.number().optional(),
            compare: z.boolean().optional(),
          }),
        )
        .optional(),
    }),
  ),
});

/** One file of tensors. */
export interface Numbers {
  /**
   * The tensors that are compared; the others are inputs, or gradients that are 0 but for rounding.
   */
  readonly results: readonly string[];
  /** @throws UmMaeError when the case has no such tensor */
  get(name: string): Tensor;
  has(name: string): boolean;
  /** Compares by the tolerance of the case; of another number of elements, those numbers. */
  compare(name: string, ours: Tensor): Comparison;
}

export function openNumbers(fixture: Case, file = 'tensors.safetensors'): Numbers {
  const tensors = readTensors(fixture, file);
  const facts = described.parse(fixture.json).files[file]?.tensors ?? {};
  return {
    results: [...tensors.keys()].filter((name) => {
      const { exact, recommended_atol: tolerance, compare = true } = facts[name] ?? {};
      return compare && (exact === true || tolerance !== undefined);
    }),
    get: (name) => required(tensors, name),
    has: (name) => tensors.has(name),
    compare(name, ours) {
      const theirs = required(tensors, name);
      if (ours.elements !== theirs.elements) {
        return compareNumbers(`${name}, elements`, ours.elements, theirs.elements, 0);
      }
      return compareTensors(name, ours, theirs, facts[name]?.recommended_atol ?? 0);
    },
  };
}
