/** Files of weights of any origin, under the names of the published checkpoints. */
import { scope, type Tensor } from '@um-mae/torch';
import type { SaidOptions } from '../backbones/families.js';
import { CheckpointError } from '../errors.js';
import { type AnyRecipe, kindOf } from '../recipes/kind.js';
import { parseRecipe } from '../recipes/recipe-file.js';
import { publishedNames } from './foreign/foreign-names.js';
import {
  type ForeignPreparation,
  preparationBeside,
  preparationNotes,
  withOurPixels,
} from './foreign/foreign-preparation.js';
import type { PublishedArguments } from './infer-model.js';
import { listNames } from './initial/unused-weights.js';
import { type RawWeights, readRawWeights } from './raw-weights.js';
import { configBeside, saidOptions } from './said-options.js';
import { unwrap } from './wrappers.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** The content of a file of weights, whatever its form. */
export interface WeightsFile extends Pick<RawWeights, 'format' | 'metadata' | 'notes'> {
  readonly path: string;
  /** The weights by the names of the published checkpoints. */
  readonly tensors: Tensors;
  /** Names of weights that stand beside an encoder which has a wrapper of its own. */
  readonly beside: ReadonlySet<string>;
  /** The recipe of pre-training or of a classifier that was recorded with the weights. */
  readonly recipe: AnyRecipe | undefined;
  /** Reads the optimizer's state by the names of `AdamW.state`, where there is one and it maps. */
  readonly optimizer: () => Tensors | undefined;
  /** The command line of the published code. */
  readonly published: PublishedArguments;
  /** Options of the network that stand beside the weights. */
  readonly said: SaidOptions;
  /**
   * The preparation of images that stands beside the weights; they take over what is another one
   * here.
   */
  readonly preparation: ForeignPreparation | undefined;
}

/**
 * @param entry the weights to take of a file that holds several, by their key or the beginning of
 *   their names
 * @throws CheckpointError or SerializationError when there is no such file, or it holds no weights,
 *   or some that are not finite
 */
export function readWeightsFile(path: string, entry?: string): WeightsFile {
  const raw = readRawWeights(path, entry);
  const { tensors, prefix, beside } = unwrap(raw.tensors, raw.part, path);
  const { recipe, format, published, metadata, optimizer } = raw;
  const theirs = publishedNames(tensors);
  checkFinite(theirs, path);
  const preparation = recipe === undefined ? preparationBeside(path) : undefined;
  const named = preparation ? withOurPixels(theirs, preparation) : theirs;
  const taken = prefix === '' ? [] : [`Took \`${prefix}\` off the names of weights.`];
  return {
    path,
    format,
    tensors: named,
    beside,
    recipe: recipe === undefined ? undefined : parseRecorded(recipe, path),
    optimizer,
    published,
    metadata,
    said: recipe === undefined ? saidBeside(raw, preparation?.side, path) : {},
    preparation,
    notes: [
      ...raw.notes,
      ...taken,
      ...(preparation ? preparationNotes(preparation, named !== theirs) : []),
    ],
  };
}

function saidBeside({ sources }: RawWeights, side: number | undefined, path: string): SaidOptions {
  const said = saidOptions([...sources, configBeside(path)], path);
  return side === undefined ? said : { ...said, imageSize: side };
}

function parseRecorded(recipe: string, path: string): AnyRecipe {
  const written = parseRecipe(recipe, path);
  return kindOf(written).parse(written);
}

/**
 * Weights that are not numbers would make features that are none, without a word.
 *
 * @throws CheckpointError naming the weights with NaN or an infinite number in them
 */
function checkFinite(tensors: ReadonlyMap<string, Tensor>, path: string): void {
  const broken = [...tensors].filter(([, tensor]) => !hasOnlyNumbers(tensor)).map(([name]) => name);
  if (broken.length === 0) return;
  throw new CheckpointError(
    `Expected finite weights in ${path} but got NaN or infinite numbers in ${broken.length} of ${tensors.size}: ${listNames(broken)}.`,
  );
}

function hasOnlyNumbers(tensor: Tensor): boolean {
  if (!/^b?f\d/.test(tensor.dtype) || tensor.elements === 0) return true;
  return scope(() => tensor.isfinite().all().item() === true);
}
