/** The recipe values that each method changes, by the name that `--method` takes. */
import type { PretrainRecipeInput } from './pretrain-recipe.js';

type MethodRecipe = Pick<PretrainRecipeInput, 'method' | 'masking' | 'normPixels' | 'decoder'>;

/** Li et al. 2022, arXiv:2205.10063: uniform sampling, a quarter of the visible units hidden. */
const umMae = {
  method: 'um-mae',
  masking: { kind: 'uniform' },
} as const satisfies MethodRecipe;

/** He et al. 2022, arXiv:2111.06377: random sampling, and a deeper decoder. */
const mae = {
  method: 'mae',
  masking: { kind: 'random', ratio: 0.75 },
  decoder: { depth: 8 },
} as const satisfies MethodRecipe;

/** Xie et al. 2022, arXiv:2111.09886, as UM-MAE compares with it: plain pixels. */
const simmim = {
  method: 'simmim',
  masking: { kind: 'random', ratio: 0.75 },
  normPixels: false,
} as const satisfies MethodRecipe;

export const methodRecipes = { 'um-mae': umMae, mae, simmim } as const;

export type MethodName = keyof typeof methodRecipes;

export const methodNames = Object.keys(methodRecipes) as readonly MethodName[];
