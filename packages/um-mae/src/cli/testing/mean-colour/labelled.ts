/** The toy task as `um-mae finetune` and the commands after it ask for it. */
import { noGrad, scope } from '@um-mae/torch';
import type { KnownImages } from '../../../data/known-images.js';
import { partOf } from '../../../data/loading/in-parts.js';
import { ImageLoader } from '../../../data/loading/loader.js';
import { middleLoader } from '../../../data/loading/middle-loader.js';
import { listedFiles } from '../../../data/sources/files.js';
import type { ImageSet } from '../../../data/sources/image-set.js';
import { openImages } from '../../../data/sources/open-images.js';
import { normaliseImages } from '../../../images/normalise.js';
import type { LabelledTask } from '../../../tasks/labelled-task.js';
import { type MeanColourRecipe, meanColour } from './recipe.js';
import { MeanColourModel, MeanColourTask } from './task.js';

export const meanColourTask: LabelledTask<MeanColourRecipe, MeanColourModel, undefined> = {
  kind: meanColour,

  async open(recipe) {
    const { images, ignored } = await openImages([recipe.data.path]);
    const known = knownOf(images);
    const { digest } = images;
    return { recipe, train: known, evaluated: known, digest, ignored, classes: [] };
  },

  async openEvaluated({ data }, { path = data.path }) {
    return { ...knownOf((await openImages([path])).images), path };
  },

  begin: (recipe, start) => new MeanColourTask(recipe, start),

  load({ recipe, train }, options) {
    const { image, batchSize, seed } = recipe;
    return new ImageLoader({
      ...train,
      ...image,
      ...options,
      batchSize,
      seed,
      dropLast: true,
      transform: { kind: 'random-resized-crop', area: [0.5, 1], aspect: [1, 1], flip: 0.5 },
    });
  },

  network: (recipe, generator) => new MeanColourModel(recipe, generator),

  isHead: (name) => name.startsWith('colour.'),

  async *predict({ model, recipe }, paths, { device = 'cpu', workers, team }) {
    const { image } = recipe;
    const loader = middleLoader(listedFiles(paths, paths), { image, workers });
    try {
      const part = partOf(loader.batches, team);
      for await (const { pixels, size, paths } of loader.epoch(0, part)) {
        const colours = scope(() =>
          noGrad(() => model.forward(normaliseImages(pixels, size, device)).toArray()),
        );
        for (const [i, path] of paths.entries()) {
          const colour = [...colours.slice(3 * i, 3 * i + 3)].map(Number);
          yield {
            path,
            report: { colour },
            text: colour.map((share) => share.toFixed(2)).join(' '),
          };
        }
      }
    } finally {
      await loader.close();
    }
  },
};

/** Images of which nothing is known: their colours are in them. */
function knownOf(images: ImageSet): KnownImages<undefined> {
  return { images, targets: () => undefined };
}
