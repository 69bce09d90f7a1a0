/** Pieces of the schemas in which families write their options down. */
import { z } from 'zod';

/** A whole number above zero. Weights may bring any recipe, and no model has so many channels. */
export const count = z
  .int()
  .positive()
  .max(2 ** 16);

/** A number of layers; building more takes long, and memory without end. */
export const layers = z
  .int()
  .positive()
  .max(2 ** 10);

/** Options of the same meaning in several families. */
export const sharedOptions = {
  pyramidPatch: count.describe('side of a patch in pixels; a mask unit is patch x 2^(stages - 2)'),
  mlpRatio: z
    .number()
    .positive()
    .default(4)
    .describe('hidden channels of the MLPs, in multiples of their channels'),
  epsilon: z.number().positive().default(1e-6).describe('keeps the division of LayerNorm finite'),
} as const;

/** Numbers of each stage. */
export const byStage = stages(count);

/** Layers of each stage. */
export const layersByStage = stages(layers);

/** Channels double with every stage, so that no family has many. */
function stages<Value extends z.ZodType>(value: Value) {
  return z.array(value).min(1).max(16).readonly();
}

/** A problem with a value of a recipe; `message` completes the sentence "Expected ...". */
export type OptionIssue = {
  readonly code: 'custom';
  readonly path: PropertyKey[];
  readonly message: string;
  readonly input: unknown;
};

/** An issue unless the option at `path` has one number for each of `stages` stages. */
export function lengthIssues(
  path: string,
  values: readonly number[],
  stages: number,
): OptionIssue[] {
  if (values.length === stages) return [];
  const message = `${stages} numbers, one per stage`;
  return [{ code: 'custom', path: [path], message, input: values }];
}

/** An issue for each stage whose `heads` do not divide its channels. */
export function headIssues(heads: readonly number[], channels: readonly number[]): OptionIssue[] {
  return heads.flatMap((divisor, stage) => {
    const width = channels[stage];
    if (width === undefined || width % divisor === 0) return [];
    const message = `a divisor of ${width}`;
    return [{ code: 'custom' as const, path: ['heads', stage], message, input: divisor }];
  });
}
