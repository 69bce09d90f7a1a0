/** Targets of the heads of a two-stage detector, from the regions that were drawn. */
import { ok as assert } from 'node:assert';
import { cat, type Tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import { type Deviations, encodeDeltas } from '../boxes/deltas.js';
import { maskShares } from '../masks/targets.js';
import type { ImageObjects, OutlinedObjects } from './image-objects.js';
import type { RoiSamples } from './roi-samples.js';

/** The deviations of the deltas of boxes. */
export const boxDeviations: Deviations = [0.1, 0.1, 0.2, 0.2];

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

/** The deltas from the positive regions of a batch to their objects, [positives, 4]. */
export function boxTargets(
  samples: readonly RoiSamples[],
  images: readonly ImageObjects[],
): Tensor {
  return cat(
    samples.map((own, i) => {
      const there = at(images, i).boxes.indexSelect(0, own.objects);
      return encodeDeltas(positiveBoxes(own), there, boxDeviations);
    }),
  );
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
