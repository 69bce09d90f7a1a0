/** Paths of a recipe, as they are recorded: a run is resumed from any folder. */
import { resolve } from 'node:path';
import type { PretrainRecipe } from '../pretrain/pretrain-recipe.js';

/** The recipe with every path beginning at the root; relative ones begin at the current folder. */
export function withAbsolutePaths(recipe: PretrainRecipe): PretrainRecipe {
  const { data, from, watch } = recipe;
  const { labelled } = watch;
  return {
    ...recipe,
    from: from === null ? null : resolve(from),
    data: {
      ...data,
      paths: data.paths.map((path) => resolve(path)),
      ...resolved(data),
    },
    watch: {
      ...watch,
      labelled: labelled && { train: resolve(labelled.train), val: resolve(labelled.val) },
    },
  };
}

/** The paths of a recipe of any task on labelled images of two sets. */
interface LabelledPaths {
  readonly from: string | null;
  readonly data: OptionalPaths & { readonly train: string; readonly val: string };
}

/** The same of a recipe of fine-tuning. */
export function withAbsoluteImages<Recipe extends LabelledPaths>(recipe: Recipe): Recipe {
  const { data, from } = recipe;
  return {
    ...recipe,
    from: from === null ? null : resolve(from),
    data: {
      ...data,
      train: resolve(data.train),
      val: resolve(data.val),
      ...resolved(data),
    },
  };
}

/** Paths that a recipe may leave out; some of them belong to one task. */
interface OptionalPaths {
  readonly root: string | null;
  readonly classNames?: string | null;
  readonly stuff?: string | null;
}

function resolved({ root, classNames, stuff }: OptionalPaths): OptionalPaths {
  const absolute = (path: string | null) => (path === null ? null : resolve(path));
  return {
    root: absolute(root),
    ...(classNames !== undefined && { classNames: absolute(classNames) }),
    ...(stuff !== undefined && { stuff: absolute(stuff) }),
  };
}
