/** Composes one complete recipe of fine-tuning of what a user gives. */

import type { HeadPooling } from '../../backbones/pooled-stages.js';
import { RecipeError } from '../../errors.js';
import { type RecipeChoices, readNamed } from '../compose.js';
import { type AnyLabelledRecipe, labelledKindOf, labelledKinds } from '../kind.js';
import { modelRecipe } from '../pretrain/named.js';
import { type Assignment, assign } from '../values/assignments.js';
import type { FinetuneRecipeInput } from './finetune-recipe.js';

export interface FinetuneRequest {
  /** The task. Default: that of the recipe, or of the recorded one, or else `classification`. */
  readonly task?: string | undefined;
  /** A named recipe, a YAML file, or what such a file holds. */
  readonly recipe?: string | object | undefined;
  /** A folder with all images, laid out as the task reads it. */
  readonly folder?: string | undefined;
  /** Replaces the backbone of the recipe. */
  readonly model?: string | undefined;
  /**
   * The network of the initial weights. It is used where neither the recipe nor `model` gives one.
   */
  readonly weights?: Architecture | undefined;
  /** The recipe of the run that is resumed. */
  readonly recorded?: AnyLabelledRecipe | undefined;
  /** The last word. */
  readonly assignments: readonly Assignment[];
}

/**
 * The network that weights belong to, and the size of its images where they depend on it or a
 * recipe names it.
 */
export interface Architecture extends Pick<FinetuneRecipeInput, 'backbone' | 'image'> {
  /**
   * Paths in the recipe of values that leave no trace in weights. `backbone` holds a placeholder
   * there.
   */
  readonly open: readonly string[];
  /** The input of the classification head of the weights, where they have one. */
  readonly headPooling?: HeadPooling | undefined;
}

/** @throws RecipeError with every issue */
export async function composeFinetuneRecipe(request: FinetuneRequest): Promise<AnyLabelledRecipe> {
  const { task, recipe, recorded, folder, assignments } = request;
  const given = recipe === undefined ? recorded : await writtenFinetuneRecipe(recipe, task);
  const kind = labelledKindOf(task === undefined ? { ...given } : { task });
  const written = given ?? kind.fallback;
  const base = {
    ...imageOf(request),
    ...written,
    ...backboneOf(request, written),
    ...(kind.task === 'classification' ? headOf(request, written) : {}),
  };
  const parts = Object.entries(folder === undefined ? {} : kind.partsOf(folder));
  const ofFolder = parts.map(([key, value]) => ({ path: `data.${key}`, value }));
  return kind.parse(assign(base, [...ofFolder, ...assignments]));
}

/** The values of a recipe as they are written. @param task of the names; default all tasks */
export function writtenFinetuneRecipe(recipe: string | object, task?: string): Promise<object> {
  return readNamed(recipe, namedOf(task));
}

/** Recipes that have a name, of one task or of all; each says its task. */
function namedOf(task: string | undefined): RecipeChoices {
  const kinds = task === undefined ? labelledKinds : [labelledKindOf({ task })];
  const all = kinds.flatMap(({ task, named }) =>
    Object.entries(named).map(([name, recipe]) => [name, { task, ...recipe }] as const),
  );
  return {
    named: (name) => all.find(([own]) => own === name)?.[1],
    names: all.map(([name]) => name),
  };
}

/**
 * Keeps what the head of the weights reads, so that the head itself can be kept, unless it is to be
 * a new one or a recipe of the user's says another.
 */
function headOf(
  { weights, recipe, task, assignments }: FinetuneRequest,
  written: Pick<FinetuneRecipeInput, 'head'>,
): Pick<FinetuneRecipeInput, 'head'> {
  if (weights?.headPooling === undefined) return {};
  const { head = {} } = written;
  const { head: wanted }: typeof written = assign(written, assignments);
  const isNamed = typeof recipe !== 'object' && namedOf(task).named(recipe ?? '') !== undefined;
  const isChosen = recipe !== undefined && !isNamed && head.pooling !== undefined;
  if (wanted?.new || isChosen) return {};
  return { head: { ...head, pooling: weights.headPooling } };
}

/** Takes the image size of the named model, else that of the weights. */
function imageOf({ model, weights }: FinetuneRequest): Pick<FinetuneRecipeInput, 'image'> {
  const image = model === undefined ? weights?.image : modelRecipe(model).image;
  return image ? { image } : {};
}

/** Takes the backbone of the named model, else that of the recipe, else that of the weights. */
function backboneOf({ model, weights, assignments }: FinetuneRequest, written: object): object {
  if (model !== undefined) return { backbone: modelRecipe(model).backbone };
  if ('backbone' in written) return {};
  if (!weights && !assignments.some(({ path }) => path.startsWith('backbone'))) {
    throw refuse('Expected a model but neither weights nor recipe give one; name it by --model.');
  }
  if (!weights) return {};
  checkOpen(weights, assignments);
  return { backbone: weights.backbone };
}

/**
 * Refuses to guess values of a network that leave no trace in its weights.
 *
 * @throws RecipeError naming those that are not given beside them
 */
export function checkOpen(
  { backbone, open }: Pick<Architecture, 'backbone' | 'open'>,
  assignments: readonly Assignment[],
): void {
  const isGiven = (value: string) =>
    assignments.some(({ path }) => value === path || value.startsWith(`${path}.`));
  const left = open.filter((path) => !isGiven(path));
  if (left.length === 0) return;
  throw refuse(
    `Expected weights of a known model but got a ${backbone.kind} of other sizes, which do not determine ${left.join(', ')}.\n` +
      'Give each by --set path=value, or all by --model.',
  );
}

function refuse(message: string): RecipeError {
  return new RecipeError([{ path: 'backbone', message }]);
}
