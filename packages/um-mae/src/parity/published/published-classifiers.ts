/** Constructor arguments of the published classifiers, as our options. */
import { z } from 'zod';
import type { BackboneOptions } from '../../backbones/families.js';
import type { ClassifierOptions } from '../../heads/classifier.js';
import {
  parseArguments,
  pvt,
  pvtBackbone,
  swin,
  swinBackbone,
  vit,
  vitBackbone,
} from './published-backbones.js';

const head = z.object({ num_classes: z.number(), global_pool: z.boolean().default(true) });

const classifier = z.object({ img_size: z.number(), ...head.shape });

/** Backbones by the name of the published class. */
const backbones: Readonly<Record<string, (given: unknown) => BackboneOptions>> = {
  // Windows of a classifier are those of the full grid.
  Swin: (given) => swinBackbone(parseArguments(swin.extend(head.shape), given), 1 / 2),
  PVT(given) {
    const published = parseArguments(pvt.extend(head.shape), given);
    return pvtBackbone(published, published.sr_ratios);
  },
  VisionTransformer: (given) => vitBackbone(parseArguments(vit.extend(head.shape), given)),
};

export const publishedClassifiers: readonly string[] = Object.keys(backbones);

/** @returns nothing when `name` is no published classifier */
export function publishedClassifier(name: string, given: unknown): ClassifierOptions | undefined {
  const backbone = backbones[name]?.(given);
  if (!backbone) return undefined;
  const { img_size: side, num_classes: classes, global_pool: isPooled } = classifier.parse(given);
  return {
    backbone,
    image: { height: side, width: side },
    headPooling: isPooled ? 'mean' : 'class-token',
    classes,
  };
}
