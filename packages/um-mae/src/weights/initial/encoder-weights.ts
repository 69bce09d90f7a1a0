/** The part of weights of any origin that is an encoder, in the shapes that a backbone has. */
import { scope, type Tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import type { Backbone } from '../../backbones/backbone.js';
import { CheckpointError } from '../../errors.js';
import { resizePositions } from './positions.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** @throws CheckpointError unless there are weights for all `names` of an encoder */
export function checkEncoder(names: readonly string[], found: Tensors, path: string): void {
  const missing = names.filter((name) => !found.has(name));
  if (missing.length === 0) return;
  if (missing.length === names.length) {
    throw new CheckpointError(
      `Expected weights of an encoder in ${path} but got none.\nGive a run, a checkpoint of one, or a file with the weights of an encoder.`,
    );
  }
  const shown = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', ...' : '');
  throw new CheckpointError(
    `Expected weights of this model in ${path} but got none for ${missing.length} of ${names.length} names of its encoder: ${shown}.\n${modelAdvice}`,
  );
}

/** The advice of errors about weights that belong to another model than the one named. */
export const modelAdvice =
  'Leave out --model where it is given, so that the weights tell it themselves, or choose other weights.';

export interface TableOptions {
  /** The path of the weights, for messages. */
  readonly path: string;
  /** Whether to resize positions that belong to another image size. */
  readonly resizePositions: boolean;
  /** Whether the first position is that of a class token. */
  readonly hasClassToken: boolean;
}

/** @throws CheckpointError when weights are whole numbers where a network has floats */
export function checkFloats(
  name: string,
  { own, theirs }: { readonly own: Tensor; readonly theirs: Tensor },
  path: string,
): void {
  if (own.dtype !== 'f32' || /^b?f\d/.test(theirs.dtype)) return;
  throw new CheckpointError(
    `Expected \`${name}\` of floats in ${path} but got ${theirs.dtype}, whose scale nothing tells.\nGive the weights before they were quantized.`,
  );
}

/**
 * A tensor of an encoder in the shape of the backbone's `own`; of what may differ there is only the
 * table of positions.
 *
 * @returns `theirs`, or a resized table
 * @throws CheckpointError when it is of another shape, or of whole numbers
 */
export function fitToShape(
  name: string,
  { own, theirs }: { readonly own: Tensor; readonly theirs: Tensor },
  { path, resizePositions: resize, hasClassToken }: TableOptions,
): Tensor {
  checkFloats(name, { own, theirs }, path);
  if (theirs.shape.join() === own.shape.join()) return theirs;
  if (name === 'pos_embed' && resize) {
    const first = hasClassToken ? 1 : 0;
    return scope(() => resizePositions(theirs, at(own.shape, 1) - first, hasClassToken));
  }
  const sizes = `of shape [${own.shape.join(', ')}] in ${path} but got [${theirs.shape.join(', ')}]`;
  throw new CheckpointError(
    name === 'pos_embed'
      ? `Expected \`pos_embed\` ${sizes}.\nAdd --resize-positions for images of another size than in pre-training.`
      : `Expected \`${name}\` ${sizes}, which is another model.\n${modelAdvice}`,
  );
}

/**
 * Those of the tensors that are the backbone's, in its shapes.
 *
 * @throws CheckpointError when one is missing, or of another shape
 */
export function encoderTensors(
  tensors: Tensors,
  backbone: Backbone,
  options: Omit<TableOptions, 'hasClassToken'>,
): Tensors {
  const state = backbone.state();
  const { hasClassToken } = backbone;
  checkEncoder([...state.keys()], tensors, options.path);
  const fitting = new Map<string, Tensor>();
  for (const [name, own] of state) {
    const theirs = tensors.get(name);
    if (theirs) fitting.set(name, fitToShape(name, { own, theirs }, { ...options, hasClassToken }));
  }
  return fitting;
}
