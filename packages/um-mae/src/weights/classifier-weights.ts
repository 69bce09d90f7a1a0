/** Weights of any origin as the beginning of a classifier. */
import { scope, type Tensor } from '@um-mae/torch';
import { CheckpointError } from '../errors.js';
import type { Classifier, ClassifierOptions } from '../heads/classifier.js';
import { resizePositions } from './positions.js';

type Tensors = ReadonlyMap<string, Tensor>;

export interface ClassifierFit {
  /** Everything that the classifier takes, by its names. */
  readonly tensors: Tensors;
  /** Names of the classifier that the weights do not have: they begin anew. */
  readonly missing: readonly string[];
  /** Names of the weights that the classifier has no use for. */
  readonly leftOut: readonly string[];
  /** Tables of positions that were resized. */
  readonly resized: readonly string[];
}

export interface FitOptions {
  /** Where the weights are from, for messages. */
  readonly path: string;
  /** Whether the head, of whatever size, is left out, so that a new one begins. */
  readonly newHead: boolean;
  /** Whether positions of another size of images are resized. */
  readonly resizePositions: boolean;
}

/**
 * What a classifier takes over: its backbone as it is, and a head of its size where the weights have one. The
 * final norm of pre-training was not over means of tokens, so `fc_norm` never takes it.
 *
 * @throws CheckpointError when there is no encoder, or one of another shape, or a head of another size
 */
export function fitClassifier(
  model: Classifier,
  found: Tensors,
  options: FitOptions,
): ClassifierFit {
  const expected = model.state();
  checkEncoder(expected, found, options.path);
  const fitting = new Map<string, Tensor>();
  const resized: string[] = [];
  for (const [name, own] of expected) {
    const theirs = found.get(name);
    if (!theirs || (options.newHead && isHead(name))) continue;
    const isSame = theirs.shape.join() === own.shape.join();
    if (!isSame) resized.push(name);
    fitting.set(name, isSame ? theirs : resizedTable(name, own, theirs, model.options, options));
  }
  return {
    tensors: fitting,
    missing: [...expected.keys()].filter((name) => !fitting.has(name)),
    leftOut: [...found.keys()].filter((name) => !fitting.has(name)),
    resized,
  };
}

/**
 * A head of the right size may still be one for other classes.
 *
 * @param head the classes that it tells apart, where a recipe tells them
 * @throws CheckpointError unless they are `classes`, in this order
 */
export function checkClasses(
  classes: readonly string[],
  head: readonly string[],
  path: string,
): void {
  const other = head.findIndex((name, i) => name !== classes[i]);
  // `fitClassifier` tells heads of other sizes.
  if (head.length !== classes.length || other < 0) return;
  throw new CheckpointError(
    `Expected a head for the class \`${classes[other]}\` in ${path} but got one for \`${head[other]}\`.\n${headAdvice}`,
  );
}

const headAdvice =
  'Add --new-head to replace it, or train on the classes that it knows to keep it.';

/** Whether a name is that of a classifier's own part, which pre-training does not have. */
export function isHead(name: string): boolean {
  return name.startsWith('head.') || name.startsWith('fc_norm.');
}

function checkEncoder(expected: Tensors, found: Tensors, path: string): void {
  const encoder = [...expected.keys()].filter((name) => !isHead(name));
  const missing = encoder.filter((name) => !found.has(name));
  if (missing.length === 0) return;
  if (missing.length === encoder.length) {
    throw new CheckpointError(
      `Expected weights of an encoder in ${path} but got none.\nGive a pre-training run, a checkpoint of one, or --from none.`,
    );
  }
  const shown = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', ...' : '');
  throw new CheckpointError(
    `Expected weights of this model in ${path} but got none for ${missing.length} of ${encoder.length} names of its encoder: ${shown}.\n` +
      'Leave out --model, so that the weights tell it, or choose other weights.',
  );
}

/** Of what may differ in shape there is only the table of positions. */
function resizedTable(
  name: string,
  own: Tensor,
  theirs: Tensor,
  { backbone }: ClassifierOptions,
  { path, resizePositions: resize }: FitOptions,
): Tensor {
  if (name === 'pos_embed' && resize) {
    const first = backbone.kind === 'vit' ? 1 : 0;
    return scope(() => resizePositions(theirs, (own.shape[1] ?? 0) - first, first === 1));
  }
  const sizes = `of shape [${own.shape.join(', ')}] in ${path} but got [${theirs.shape.join(', ')}]`;
  if (name === 'pos_embed') {
    throw new CheckpointError(
      `Expected \`pos_embed\` ${sizes}.\nAdd --resize-positions for images of another size than in pre-training.`,
    );
  }
  if (isHead(name)) {
    throw new CheckpointError(
      `Expected a head of ${own.shape[0]} classes in ${path} but got one of ${theirs.shape[0]}.\n${headAdvice}`,
    );
  }
  throw new CheckpointError(
    `Expected \`${name}\` ${sizes}, which is another model.\nLeave out --model, so that the weights tell it, or choose other weights.`,
  );
}
