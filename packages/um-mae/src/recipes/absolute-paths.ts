/** Paths of a recipe, as they are recorded: a run is resumed from any folder. */
import { resolve } from 'node:path';
import type { FinetuneRecipe } from './finetune-recipe.js';
import type { PretrainRecipe } from './pretrain-recipe.js';

/** The recipe with every path beginning at the root; relative ones begin at the current folder. */
export function withAbsolutePaths(recipe: PretrainRecipe): PretrainRecipe {
  const { data, watch } = recipe;
  const { labelled } = watch;
  return {
    ...recipe,
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

/** The same of a recipe of fine-tuning. */
export function withAbsoluteImages(recipe: FinetuneRecipe): FinetuneRecipe {
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

function resolved({ root, classNames }: FinetuneRecipe['data'] | PretrainRecipe['data']) {
  return {
    root: root === null ? null : resolve(root),
    classNames: classNames === null ? null : resolve(classNames),
  };
}
