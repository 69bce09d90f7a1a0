/** Weights of any origin as the beginning of a classifier. */
import type { Generator, Tensor } from '@um-mae/torch';
import { CheckpointError } from '../../errors.js';
import { Classifier } from '../../heads/classifier.js';
import type { FinetuneRecipe } from '../../recipes/finetune/finetune-recipe.js';
import {
  checkEncoder,
  fitToShape,
  type TableOptions,
} from '../../weights/initial/encoder-weights.js';
import type { StartReport } from '../../weights/initial/initial-weights.js';
import { leftOutNames } from '../../weights/initial/unused-weights.js';
import { otherCount } from '../head-classes.js';

type Tensors = ReadonlyMap<string, Tensor>;

/**
 * The network of a recipe, with its first weights.
 *
 * @throws UmMaeError when image size or pooling does not fit the backbone
 */
export function buildClassifier(
  { backbone, image, head }: Pick<FinetuneRecipe, 'backbone' | 'image' | 'head'>,
  random: { readonly generator: Generator },
): Classifier {
  const { pooling: headPooling, classes } = head;
  return new Classifier({ backbone, image, headPooling, classes: classes.length }, random);
}

export interface ClassifierFit extends Omit<StartReport, 'notes'> {
  /** Everything that the classifier takes, by its names. */
  readonly tensors: Tensors;
}

export interface FitOptions extends Pick<TableOptions, 'path' | 'resizePositions'> {
  /** Whether to drop the head of the weights, whatever its size, and initialise a new one. */
  readonly newHead: boolean;
  /** Names of weights that are known to stand beside the encoder. Default: none. */
  readonly beside?: ReadonlySet<string> | undefined;
  /** Whether a recipe of ours stands with the weights. Default true. */
  readonly isOwn?: boolean | undefined;
}

/**
 * Initialises a classifier from weights: its backbone, and its head if the weights have one of that
 * size. `fc_norm` is never taken from pre-training, whose final norm was not applied to means of
 * tokens.
 *
 * @throws CheckpointError when there is no encoder, or one of another shape, or a head of another
 *   size or pooling
 */
export function fitClassifier(
  model: Classifier,
  found: Tensors,
  options: FitOptions,
): ClassifierFit {
  const expected = model.state();
  const encoder = [...expected.keys()].filter((name) => !isHead(name));
  checkEncoder(encoder, found, options.path);
  const { hasClassToken } = model.encoder;
  const { path, beside = new Set(), isOwn = true } = options;
  // The norm of pre-training is over other means than a head's.
  const used = (name: string) => expected.has(name) || name.startsWith('norm.');
  leftOutNames(found.keys(), { used, isOwn, beside, path });
  const theirHead = options.newHead ? undefined : found.get('head.weight');
  if (theirHead) checkHead(model, theirHead, path);
  const fitting = new Map<string, Tensor>();
  const resized: string[] = [];
  for (const [name, own] of expected) {
    const theirs = found.get(name);
    if (!theirs || (options.newHead && isHead(name))) continue;
    const fitted = fitToShape(name, { own, theirs }, { ...options, hasClassToken });
    if (fitted !== theirs) resized.push(name);
    fitting.set(name, fitted);
  }
  return {
    tensors: fitting,
    missing: [...expected.keys()].filter((name) => !fitting.has(name)),
    leftOut: [...found.keys()].filter((name) => !fitting.has(name)),
    resized,
  };
}

/** Whether a name belongs to a part that only a classifier has, not a pre-trained model. */
export function isHead(name: string): boolean {
  return name.startsWith('head.') || name.startsWith('fc_norm.');
}

/** Rows of each class in the tensors of a classifier. */
export function rowsOfClass(name: string): number | undefined {
  return name.startsWith('head.') ? 1 : undefined;
}

function checkHead({ options, head }: Classifier, theirs: Tensor, path: string): void {
  const { headPooling, classes } = options;
  const [found = 0, read = head.weight.shape[1]] = theirs.shape;
  if (found !== classes) throw otherCount(classes, found, path);
  const [, wanted] = head.weight.shape;
  if (read === wanted) return;
  throw new CheckpointError(
    `Expected a head that reads ${wanted} numbers, as \`head.pooling\` ${headPooling} does, in ${path} but got one that reads ${read}.\n` +
      'Set head.pooling to what the weights were trained with, or start a new head by --new-head.',
  );
}
