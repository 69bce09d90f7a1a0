/** Weights of any origin as the beginning of a classifier. */
import { type Generator, type Tensor, tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import { sameName } from '../../data/labels/label-text.js';
import { CheckpointError } from '../../errors.js';
import { Classifier } from '../../heads/classifier.js';
import type { FinetuneRecipe } from '../../recipes/finetune/finetune-recipe.js';
import { checkEncoder, fitToShape, type TableOptions } from '../../weights/encoder-weights.js';
import { headAdvice, otherClass } from '../../weights/head-classes.js';
import { leftOutNames } from '../../weights/unused-weights.js';
import type { StartReport } from '../labelled-task.js';

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
  /** The row of their head for each class. Default: in the same order. */
  readonly headOrder?: readonly number[] | undefined;
  /** Whether a recipe of ours stands with the weights. Default true. */
  readonly isOwn?: boolean | undefined;
}

/**
 * Initialises a classifier from weights: its backbone, and its head if the weights have one of that
 * size. `fc_norm` is never taken from pre-training, whose final norm was not applied to means of
 * tokens.
 *
 * @throws CheckpointError when there is no encoder, or one of another shape, or a head of another
 *   size
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
  const fitting = new Map<string, Tensor>();
  const resized: string[] = [];
  for (const [name, own] of expected) {
    const theirs = found.get(name);
    if (!theirs || (options.newHead && isHead(name))) continue;
    if (name.startsWith('head.')) checkHead(own, theirs, options.path);
    const fitted = fitToShape(name, { own, theirs }, { ...options, hasClassToken });
    if (fitted !== theirs) resized.push(name);
    fitting.set(name, name.startsWith('head.') ? inOrder(fitted, options.headOrder) : fitted);
  }
  return {
    tensors: fitting,
    missing: [...expected.keys()].filter((name) => !fitting.has(name)),
    leftOut: [...found.keys()].filter((name) => !fitting.has(name)),
    resized,
  };
}

/**
 * The rows of a head in the order of other classes: classes are matched by name.
 *
 * @param head the classes of the head, if a recipe lists them
 * @returns for each of `classes` its row in the head; undefined where the order is the same, or the
 *   head is of another size, which `fitClassifier` reports
 * @throws CheckpointError naming a class that the head does not know
 */
export function headOrder(
  classes: readonly string[],
  head: readonly string[],
  path: string,
): readonly number[] | undefined {
  if (head.length !== classes.length) return undefined;
  const rows = new Map(head.map((name, row) => [sameName(name), row]));
  const order = classes.map((name) => rows.get(sameName(name)) ?? -1);
  const unknown = order.indexOf(-1);
  if (unknown < 0) return order.every((row, i) => row === i) ? undefined : order;
  const other = head.findIndex(
    (name) => !classes.some((each) => sameName(each) === sameName(name)),
  );
  throw otherClass(at(classes, unknown), head[other] ?? at(head, unknown), path);
}

function inOrder(rows: Tensor, order: readonly number[] | undefined): Tensor {
  return order ? rows.indexSelect(0, tensor(order, { dtype: 'i64' })) : rows;
}

/** Whether a name belongs to a part that only a classifier has, not a pre-trained model. */
export function isHead(name: string): boolean {
  return name.startsWith('head.') || name.startsWith('fc_norm.');
}

function checkHead(own: Tensor, theirs: Tensor, path: string): void {
  if (own.shape[0] === theirs.shape[0]) return;
  throw new CheckpointError(
    `Expected a head of ${own.shape[0]} classes in ${path} but got one of ${theirs.shape[0]}.\n${headAdvice}`,
  );
}
