/** How well weights fit a model. */
import { Generator, noGrad, scope, type Tensor } from '@um-mae/torch';
import { buildBackbone } from '../backbones/build.js';
import { buildObjective } from '../objectives/build.js';
import type { PretrainRecipe } from '../recipes/pretrain-recipe.js';

/** Sizes of each dimension. */
export type Shape = readonly number[];

/** What became of every name on either side. */
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

/** Whether weights are those of a whole objective, or of its encoder and perhaps a classifier's head. */
export type Extent = 'objective' | 'encoder';

/** @throws UmMaeError when there is no model of this recipe */
export function fitOf(
  tensors: ReadonlyMap<string, Tensor>,
  recipe: PretrainRecipe,
  extent: Extent,
): Fit {
  const expected = shapesOf(recipe, extent);
  const hasHead = [...tensors.keys()].some(isHead);
  const isOptional = (name: string) => hasHead && extent === 'encoder' && name.startsWith('norm.');
  const isExtra = (name: string) => !expected.has(name) && !(extent === 'encoder' && isHead(name));
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

/** A classifier's own parts; with a norm of its own it has no use for the encoder's. */
function isHead(name: string): boolean {
  return name.startsWith('head.') || name.startsWith('fc_norm.');
}

function shapesOf(recipe: PretrainRecipe, extent: Extent): Map<string, Shape> {
  return scope(() =>
    noGrad(() => {
      const generator = new Generator(0);
      const model =
        extent === 'objective'
          ? buildObjective(recipe, { generator })
          : buildBackbone(recipe.backbone, recipe.image, { generator });
      return new Map([...model.state()].map(([name, { shape }]) => [name, shape]));
    }),
  );
}
