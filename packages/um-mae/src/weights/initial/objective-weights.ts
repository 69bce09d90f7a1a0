/**
 * Weights of any origin as the beginning of pre-training: the encoder, and all that stands around
 * it where it is of the same objective.
 */
import { scope, type Tensor } from '@um-mae/torch';
import { shownValue } from '../../expectations.js';
import type { Objective } from '../../objectives/objective.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import type { PretrainRecipe } from '../../recipes/pretrain/pretrain-recipe.js';
import { type RecipeDifference, recipeDifferences } from '../../recipes/values/differences.js';
import type { Weights } from '../open-weights.js';
import { checkEncoder, checkFloats, fitToShape } from './encoder-weights.js';
import type { StartReport } from './initial-weights.js';
import { leftOutNames } from './unused-weights.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** Stands for hidden units in the encoder, whatever decodes them. */
const hiddenToken = 'vis_mask_token';

/** Sines and cosines, which follow from the size of the images. */
const decoderPositions = 'decoder_pos_embed';

/**
 * Loads initial weights into an objective: its encoder, and the decoder with its mask token where
 * the weights have them, of the same shapes and for the same targets.
 *
 * @returns names of the tensors that were used, and that were not, and why
 * @throws CheckpointError when there is no encoder, or one of another shape
 */
export function loadObjective(
  model: Objective,
  weights: Weights,
  recipe: PretrainRecipe,
): StartReport {
  return scope(() => {
    const { tensors, path, beside } = weights;
    const state = model.state();
    // Where a head had a norm of its own, the encoder's was not trained.
    const needed = [...model.encoder.state().keys()].filter((name) => !name.startsWith('norm.'));
    checkEncoder(needed, tensors, path);
    const used = (name: string) => state.has(name) || name.startsWith('norm.');
    leftOutNames(tensors.keys(), { used, isOwn: weights.recipe !== undefined, beside, path });
    const encoder = fittingEncoder(model, weights, recipe);
    const around = new Map([...state].filter(([name]) => !encoder.own.has(name)));
    const token = hiddenTokenOf(around, tensors);
    around.delete(hiddenToken);
    const difference = differenceOf(around, weights, recipe);
    const decoder = difference === undefined ? decoderOf(around, weights) : [];
    const taken = new Map([...encoder.taken, ...token, ...decoder]);
    const missing = [...state.keys()].filter((name) => !taken.has(name));
    model.loadState(taken, { allow: missing });
    const isResized = difference === undefined && around.has(decoderPositions);
    const positions = isResized && !taken.has(decoderPositions) ? [decoderPositions] : [];
    return {
      missing: missing.filter((name) => name !== decoderPositions),
      leftOut: [...tensors.keys()].filter((name) => !taken.has(name) && !positions.includes(name)),
      resized: [...encoder.resized, ...positions],
      notes: [...weights.notes, sentenceOn(weights, difference)],
    };
  });
}

/** The names of the encoder, the weights that it takes, and those of them that were resized. */
function fittingEncoder(
  { encoder }: Objective,
  { tensors, path }: Weights,
  { resizePositions }: PretrainRecipe,
) {
  const own = encoder.state();
  const { hasClassToken } = encoder;
  const taken = new Map<string, Tensor>();
  const resized: string[] = [];
  for (const [name, tensor] of own) {
    const theirs = tensors.get(name);
    if (!theirs) continue;
    const options = { path, resizePositions, hasClassToken };
    const fitted = fitToShape(name, { own: tensor, theirs }, options);
    if (fitted !== theirs) resized.push(name);
    taken.set(name, fitted);
  }
  return { own, taken, resized };
}

function hiddenTokenOf(around: Tensors, tensors: Tensors): [string, Tensor][] {
  const [own, theirs] = [around.get(hiddenToken), tensors.get(hiddenToken)];
  return own && theirs && isOfShape(own, theirs) ? [[hiddenToken, theirs]] : [];
}

function isOfShape({ shape }: Tensor, { shape: other }: Tensor): boolean {
  return shape.join() === other.join();
}

/** All tensors around the encoder; fixed positions of another size stay those of the model. */
function decoderOf(around: Tensors, { tensors, path }: Weights): [string, Tensor][] {
  return [...around].flatMap(([name, own]) => {
    const theirs = tensors.get(name);
    if (!theirs || !isOfShape(own, theirs)) return [];
    checkFloats(name, { own, theirs }, path);
    return [[name, theirs]];
  });
}

/**
 * The reason, after a comma, for which the weights around the encoder are of no use; undefined where
 * they are those of the same objective.
 */
function differenceOf(
  around: Tensors,
  { tensors, recipe, inferred }: Weights,
  ours: PretrainRecipe,
): string | undefined {
  const trained = [...around].filter(([name]) => name !== decoderPositions);
  if (trained.every(([name]) => !tensors.has(name))) return 'which come without a decoder';
  const theirs =
    recipe?.task === 'pretrain' ? recipe : inferred && parsePretrainRecipe(inferred.recipe);
  // Weights without a recipe leave no trace of some values: those are what ours says.
  const open = recipe ? [] : (inferred?.open ?? []);
  const difference = theirs && firstDifference(theirs, ours, open);
  if (difference) {
    const { path, left: there, right: here } = difference;
    return `as \`${path}\` is ${shownValue(there)} there and ${shownValue(here)} here`;
  }
  const misfit = trained.find(([name, own]) => {
    const found = tensors.get(name);
    return !found || !isOfShape(own, found);
  });
  if (!misfit) return undefined;
  const [name, { shape }] = misfit;
  const found = tensors.get(name)?.shape;
  const got = found ? `[${found.join(', ')}] there and [${shape.join(', ')}] here` : 'not there';
  return `as \`${name}\` is ${got}`;
}

/** The first value because of which the weights around the encoder compute something else. */
function firstDifference(
  theirs: PretrainRecipe,
  ours: PretrainRecipe,
  open: readonly string[],
): RecipeDifference | undefined {
  // um-mae and mae differ in their masks alone.
  const isOther = (theirs.method === 'simmim') !== (ours.method === 'simmim');
  const objectiveOf = ({ objective, method, decoder, normPixels }: PretrainRecipe) => {
    if (objective) return { objective };
    if (isOther) return { method };
    const { predicted: _, ...network } = { predicted: 1, ...decoder };
    return { ...(method !== 'simmim' && { decoder: network }), normPixels };
  };
  const differences = recipeDifferences(objectiveOf(theirs), objectiveOf(ours));
  return differences.find(({ path }) => !open.includes(path));
}

/** The weights of a run that are taken, in words. */
const choices = { best: 'best weights', average: 'averaged weights', last: 'weights' } as const;

function sentenceOn({ choice = 'last', path }: Weights, difference: string | undefined): string {
  const from = `from the ${choices[choice]} in ${path}`;
  const taken =
    difference === undefined
      ? `Took the backbone and the decoder ${from}`
      : `Took the backbone alone ${from}, ${difference}`;
  return `${taken}; the optimizer begins anew.`;
}
