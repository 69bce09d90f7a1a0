/** Targets of the heads of a two-stage detector, from the regions that were drawn. */
import { ok as assert } from 'node:assert';
import { cat, type Tensor } from '@um-mae/torch';
import { at } from '../../../at.js';
import { maskShares } from '../../masks/targets.js';
import type { ImageObjects, OutlinedObjects } from '../image-objects.js';
import type { RoiSamples } from './roi-samples.js';

/** The share of a bin from which on it is inside of an object. */
const insideShare = 0.5;

/** The positive regions of an image, [positives, 4]: they come first. */
export function positiveBoxes({ boxes, objects }: RoiSamples): Tensor {
  return boxes.slice({ end: objects.elements });
}

/** The classes of the positive regions of an image, [positives] i64. */
export function positiveLabels({ labels, objects }: RoiSamples): Tensor {
  return labels.slice({ end: objects.elements });
}

/** The boxes of the objects in the positive regions of a batch, [positives, 4]. */
export function objectBoxes(
  samples: readonly RoiSamples[],
  images: readonly ImageObjects[],
): Tensor {
  return cat(samples.map((own, i) => at(images, i).boxes.indexSelect(0, own.objects)));
}

/** The bitmaps of objects in the positive regions of a batch, bool [positives, side, side]. */
export function maskTargets(
  samples: readonly RoiSamples[],
  images: readonly OutlinedObjects[],
  side: number,
): Tensor {
  return cat(
    samples.map((own, i) => {
      const { masks } = at(images, i);
      assert(masks, 'objects whose masks are learnt have some');
      const { objects } = own;
      return maskShares(masks, positiveBoxes(own), { side, objects }).ge(insideShare);
    }),
  );
}
