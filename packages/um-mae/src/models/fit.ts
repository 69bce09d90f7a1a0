/** Compares weights with the parameters of a model. */
import { Generator, noGrad, scope, type Tensor } from '@um-mae/torch';
import type { Module } from '@um-mae/torch/nn';
import { buildBackbone } from '../backbones/build.js';
import { buildObjective } from '../objectives/build.js';
import type { AnyLabelledRecipe } from '../recipes/kind.js';
import type { PretrainRecipe } from '../recipes/pretrain/pretrain-recipe.js';
import { labelledTaskOf, mayBeHead } from '../tasks/labelled-tasks.js';

/** Sizes of each dimension. */
export type Shape = readonly number[];

/** The names of the weights and of the model, matched with each other. */
export interface Fit {
  readonly matched: readonly string[];
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly reshaped: readonly {
    readonly name: string;
    readonly expected: Shape;
    readonly found: Shape;
  }[];
}

/**
 * The model of weights: a whole objective, its encoder and perhaps a head of which no recipe is
 * known, or a classifier with its recipe.
 */
export type FileModel =
  | { readonly extent: 'objective' | 'encoder'; readonly recipe: PretrainRecipe }
  | { readonly extent: 'network'; readonly recipe: AnyLabelledRecipe };

/** @throws UmMaeError when there is no model of this recipe */
export function fitOf(tensors: ReadonlyMap<string, Tensor>, model: FileModel): Fit {
  const { extent } = model;
  const expected = shapesOf(model);
  const hasHead = [...tensors.keys()].some(mayBeHead);
  // A head with a norm of its own has no use for the encoder's.
  const isOptional = (name: string) => hasHead && extent === 'encoder' && name.startsWith('norm.');
  const isExtra = (name: string) =>
    !expected.has(name) && !(extent === 'encoder' && mayBeHead(name));
  const shared = [...expected].filter(([name]) => tensors.has(name));
  const reshaped = shared.flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape ?? [];
    return found.join() === shape.join() ? [] : [{ name, expected: shape, found }];
  });
  const misfits = new Set(reshaped.map(({ name }) => name));
  return {
    matched: shared.map(([name]) => name).filter((name) => !misfits.has(name)),
    missing: [...expected.keys()].filter((name) => !tensors.has(name) && !isOptional(name)),
    unexpected: [...tensors.keys()].filter(isExtra),
    reshaped,
  };
}

function shapesOf(model: FileModel): Map<string, Shape> {
  return scope(() =>
    noGrad(() => new Map([...build(model).state()].map(([name, { shape }]) => [name, shape]))),
  );
}

function build({ extent, recipe }: FileModel): Module {
  const generator = new Generator(0);
  switch (extent) {
    case 'objective':
      return buildObjective(recipe, { generator });
    case 'encoder':
      return buildBackbone(recipe.backbone, recipe.image, { generator });
    case 'network':
      return labelledTaskOf(recipe).network(recipe, generator);
  }
}
