/** Classification, for `um-mae finetune` and the commands after it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type ClassifiedImages,
  classifiedDigest,
  openClassifiedImages,
  openTrainingImages,
} from '../../data/classified-images.js';
import type { KnownImages } from '../../data/known-images.js';
import { ImageLoader } from '../../data/loading/loader.js';
import { joinRemarks } from '../../data/sources/remarks.js';
import type { Classifier } from '../../heads/classifier.js';
import type { FinetuneRecipe } from '../../recipes/finetune/finetune-recipe.js';
import { classification } from '../../recipes/kind.js';
import { type LabelledTask, unreadablePrediction } from '../labelled-task.js';
import { ClassificationTask } from './classification-task.js';
import { buildClassifier, isHead } from './classifier-weights.js';
import { exportedClassifier } from './exported-classifier.js';
import { classifyFiles } from './predict.js';

export const classificationTask: LabelledTask<FinetuneRecipe, Classifier, number> = {
  kind: classification,

  async open(recipe) {
    const { head } = recipe;
    const { train, val, classes } = await openTrainingImages(recipe.data, head.classes);
    return {
      recipe: { ...recipe, head: { ...head, classes } },
      train: knownOf(train),
      evaluated: knownOf(val),
      digest: classifiedDigest(train),
      ignored: train.ignored,
      remarks: joinRemarks([train.remarks, val.remarks]),
      classes,
    };
  },

  async openEvaluated({ data, head }, other) {
    const { path: otherPath, ...reading } = other;
    const given = Object.entries(reading).filter(([, value]) => value !== undefined);
    // What the run was evaluated on is read as the run did.
    const own = otherPath === undefined ? data : {};
    const options = { ...own, ...Object.fromEntries(given), classes: head.classes };
    const path = otherPath === undefined ? data.val : partToEvaluate(otherPath, head.classes);
    const images = await openClassifiedImages(path, options);
    return { ...knownOf(images), path, remarks: images.remarks };
  },

  begin(recipe, start) {
    return new ClassificationTask({ recipe, start });
  },

  load({ recipe, train }, options) {
    const { image, batchSize, seed } = recipe;
    const { area, aspect, flip, randAugment } = recipe.augmentation;
    return new ImageLoader({
      ...train,
      ...image,
      transform: { kind: 'augmented-crop', area, aspect, flip, randAugment },
      batchSize,
      seed,
      ...options,
      dropLast: true,
    });
  },

  network: (recipe, generator) => buildClassifier(recipe, { generator }),

  isHead,

  async *predict({ model, recipe }, paths, options) {
    const classifier = { model, classes: recipe.head.classes };
    for await (const found of classifyFiles(classifier, paths, options)) {
      if (!('classes' in found)) {
        yield unreadablePrediction(found);
        continue;
      }
      const { path, classes } = found;
      const likeliest = classes.map(
        ({ name, probability }) => `${name} ${(100 * probability).toFixed(1)} %`,
      );
      yield { path, report: { predictions: classes }, text: likeliest.join(', ') };
    }
  },

  exported: exportedClassifier,
};

/** Takes the part val of a folder that has train and val, as fine-tuning does. */
function partToEvaluate(path: string, classes: readonly string[] | null): string {
  const part = (name: string) => resolve(path, name);
  const hasParts = ['train', 'val'].every((name) => existsSync(part(name)));
  return hasParts && !classes?.includes('val') ? part('val') : resolve(path);
}

function knownOf({ images, labels }: ClassifiedImages): KnownImages<number> {
  return { images, targets: (index) => labels[index] };
}
