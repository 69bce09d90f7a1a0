/** The cases of `equality.mjs`: networks, objectives, and options of a run, by name. */
import { folderRecipe } from '../../packages/um-mae/dist/recipes/pretrain/folder.js';
import { methodRecipes } from '../../packages/um-mae/dist/recipes/pretrain/methods.js';

const vit = { kind: 'vit', channels: 64, depth: 3, heads: 4, patch: 8 };
const swin = folderRecipe('swin-micro');
const backbones = {
  swin,
  pvt: folderRecipe('pvt-micro'),
  vit: { ...swin, backbone: vit },
};

/** An objective leaves the values of the others out. */
const objectives = {
  'um-mae': methodRecipes['um-mae'],
  cross: { ...methodRecipes['um-mae'], decoder: { kind: 'cross', predicted: 0.5 } },
  simmim: methodRecipes.simmim,
  mae: { ...methodRecipes.mae, decoder: { depth: 2 } },
};

const options = {
  'drop-path': { dropPath: 0.3 },
  clipping: { optimizer: { maxGradientNorm: 0.05 } },
  accumulation: { accumulation: 2, batchSize: 6 },
  checkpointing: { checkpointing: true },
  average: { averageDecay: 0.9 },
};
const all = Object.assign({}, ...Object.values(options));

/** Every run takes 20 steps of 12 images of 64 pixels, one epoch. */
export const common = { batchSize: 12, duration: { steps: 20 }, logEvery: 1, seed: 1 };

function recipe(backbone, objective, changes = {}) {
  const { decoder: own, ...network } = backbones[backbone];
  const { decoder, ...method } = objectives[objective];
  // SimMIM has one layer for a decoder.
  const parts = objective === 'simmim' ? {} : { decoder: { ...own, ...decoder } };
  return { ...network, ...method, ...parts, ...common, ...changes };
}

/** Recipes without images, by the name of the case. */
export const cases = Object.fromEntries([
  ...Object.keys(backbones).flatMap((backbone) =>
    // Only a ViT leaves hidden tokens out one by one.
    Object.keys(objectives)
      .filter((objective) => objective !== 'mae' || backbone === 'vit')
      .flatMap((objective) => [
        [`${backbone} ${objective}`, recipe(backbone, objective)],
        [`${backbone} ${objective}, all options`, recipe(backbone, objective, all)],
      ]),
  ),
  ...Object.entries(options).map(([name, changes]) => [
    `swin um-mae, ${name}`,
    recipe('swin', 'um-mae', changes),
  ]),
]);
