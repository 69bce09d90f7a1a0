/** Constructor arguments of the published classifiers, as our options. */
import { z } from 'zod';
import type { BackboneOptions } from '../backbones/families.js';
import type { ClassifierOptions } from '../heads/classifier.js';
import { pvt, pvtBackbone, swin, swinBackbone, vit, vitBackbone } from './published-backbones.js';

const head = z.object({
  img_size: z.number(),
  num_classes: z.number(),
  global_pool: z.boolean().default(true),
});

/** Backbones by the name of the published class. */
const backbones: Readonly<Record<string, (given: unknown) => BackboneOptions>> = {
  // Windows of a classifier are those of the full grid.
  Swin: (given) => swinBackbone(swin.parse(given), 1 / 2),
  PVT(given) {
    const published = pvt.parse(given);
    return pvtBackbone(published, published.sr_ratios);
  },
  VisionTransformer: (given) => vitBackbone(vit.parse(given)),
};

export const publishedClassifiers: readonly string[] = Object.keys(backbones);

/** @returns nothing when `name` is no published classifier */
export function publishedClassifier(name: string, given: unknown): ClassifierOptions | undefined {
  const backbone = backbones[name]?.(given);
  if (!backbone) return undefined;
  const { img_size: side, num_classes: classes, global_pool: isPooled } = head.parse(given);
  return {
    backbone,
    image: { height: side, width: side },
    headPooling: isPooled ? 'mean' : 'class-token',
    classes,
  };
}
