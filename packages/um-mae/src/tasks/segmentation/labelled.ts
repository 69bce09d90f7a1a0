/** Segmentation as `um-mae finetune` and the commands after it ask for it. */
import { resolve } from 'node:path';
import { ImageLoader } from '../../data/loading/loader.js';
import type { Segmentor } from '../../heads/segmentation/segmentor.js';
import { segmentation } from '../../recipes/kind.js';
import type { SegmentationRecipe } from '../../recipes/segmentation/segmentation-recipe.js';
import type { LabelledTask } from '../labelled-task.js';
import { exportedSegmentor } from './exported-segmentor.js';
import { segmentFiles } from './predict.js';
import { buildSegmentor, SegmentationTask } from './segmentation-task.js';
import {
  classesOf,
  completeRecipe,
  openEvaluated,
  openSegments,
  type SegmentedImages,
} from './segmented-images.js';

export const segmentationTask: LabelledTask<SegmentationRecipe, Segmentor, undefined> = {
  kind: segmentation,

  async open(recipe) {
    const { recipe: complete, train, val, findings } = await openSegments(recipe);
    return {
      recipe: complete,
      train,
      evaluated: val,
      digest: train.set.digest,
      ignored: train.set.ignored,
      classes: classesOf(complete).map(({ name }) => name),
      findings,
    };
  },

  async openEvaluated(recipe, other) {
    const path = other.path === undefined ? recipe.data.val : resolve(other.path);
    const given = other.root ? resolve(other.root) : null;
    const root = other.path === undefined ? (given ?? recipe.data.root) : given;
    const exclude = other.exclude ?? (other.path === undefined ? recipe.data.exclude : []);
    return { ...(await openEvaluated(recipe, { path, root, exclude })), path };
  },

  begin(recipe, start) {
    return new SegmentationTask({ recipe, start });
  },

  load({ recipe, train }, options) {
    const { batchSize, seed, augmentation, published, crop, scale } = completeRecipe(recipe);
    const { images, set } = train as SegmentedImages;
    const resampling = published ? 'opencv' : 'pillow';
    return new ImageLoader({
      images,
      pixelClasses: set.pixelClasses,
      ...crop,
      transform: { kind: 'scaled-crop', scale, ...augmentation, resampling },
      batchSize,
      seed,
      ...options,
      dropLast: true,
    });
  },

  network: buildSegmentor,

  isHead: (name) => /^(?:decode_head|auxiliary_head|(?:fpn|up)\d)\./.test(name),

  exported: exportedSegmentor,

  predict({ model, recipe }, paths, options) {
    return segmentFiles({ model, recipe: completeRecipe(recipe) }, paths, options);
  },
};
