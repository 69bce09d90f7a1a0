import { UmMaeError } from '../errors.js';
import { MaskedAutoencoder, type MaskedAutoencoderOptions } from './masked-autoencoder.js';
import type { MaskedObjective, ObjectiveParts } from './masked-objective.js';
import { SimMim } from './simmim.js';

/** The method of pre-training, which decides on masks and on targets. */
export type Method = 'um-mae' | 'mae' | 'simmim';

/** Everything that an objective is built from; `decoder` is of no use to SimMIM. */
export interface MethodOptions extends MaskedAutoencoderOptions {
  readonly method: Method;
  /** The objective of another program that takes the place of the method. Default: null. */
  readonly objective?: { readonly name: string } | null;
}

/**
 * Builds the objective of a method.
 *
 * @throws UmMaeError when the objective is one of another program, or method, backbone, masking and
 *   image size do not fit together
 *
 * @example
 * ```ts
 * import { Generator } from '@um-mae/torch';
 * import { buildObjective, modelRecipe, parsePretrainRecipe } from 'um-mae';
 *
 * const recipe = parsePretrainRecipe(modelRecipe('swin-micro'));
 * const objective = buildObjective(recipe, { generator: new Generator(1) });
 * console.log(objective.namedParameters().size > 0); // true
 * ```
 */
export function buildObjective(options: MethodOptions, parts: ObjectiveParts): MaskedObjective {
  checkOwn(options);
  checkMasking(options);
  switch (options.method) {
    case 'um-mae':
    case 'mae':
      return new MaskedAutoencoder(options, parts);
    case 'simmim':
      return new SimMim(options, parts);
  }
}

function checkOwn({ objective }: MethodOptions): void {
  if (!objective) return;
  throw new UmMaeError(
    'objective',
    `Expected an objective of um-mae but got ${objective.name}, of another program.\nRun the program that has it, or take the encoder alone.`,
  );
}

/** The masking that each method's name stands for. */
const maskingOf = { 'um-mae': 'uniform', mae: 'random', simmim: 'random' } as const;

function checkMasking({ method, masking }: MethodOptions): void {
  const expected = maskingOf[method];
  if (masking.kind !== expected) {
    throw new UmMaeError(
      'masking',
      `Expected ${expected} masking for the method ${method} but got ${masking.kind}; set \`masking.kind\` to ${expected}, too.`,
    );
  }
  if (method === 'simmim' && masking.secondaryRatio > 0) {
    throw new UmMaeError(
      'masking',
      `Expected no secondary masking for simmim, whose encoder sees the full grid, but got a ratio of ${masking.secondaryRatio}.`,
    );
  }
}
