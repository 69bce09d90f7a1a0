/** Boxes that a stage of a cascade hands to the next one; they carry no gradient. */
import { arange, noGrad, type Tensor, where } from '@um-mae/torch';
import { at } from '../../../at.js';
import { classRows } from '../../boxes/class-rows.js';
import type { PictureSize } from '../../boxes/corners.js';
import { decodeDeltas } from '../../boxes/deltas.js';
import type { ImageObjects } from '../image-objects.js';
import type { BoxPredictions } from './box-head.js';
import type { RoiSamples } from './roi-samples.js';
import type { Stage } from './stages.js';

/** Regions of one picture, moved by the deltas of a class of each, and cut to the picture. */
interface Moved extends Pick<Stage, 'deviations'> {
  /** [regions, 4] */
  readonly boxes: Tensor;
  readonly predicted: BoxPredictions;
  /** [regions] i64; undefined for the likeliest class of objects */
  readonly labels?: Tensor | undefined;
  readonly size: PictureSize;
}

/** @returns [regions, 4] */
export function movedBoxes({ boxes, predicted, labels, deviations, size }: Moved): Tensor {
  return noGrad(() => {
    const { scores, deltas } = predicted;
    const [count] = boxes.sizes(2);
    const places = arange(0, count, { dtype: 'i64', device: boxes.device });
    const own = classRows(deltas, places, labels ?? likeliestObject(scores));
    return decodeDeltas(boxes, own, { deviations, size });
  });
}

/** [regions] i64: the class of the best score, background left out. */
function likeliestObject(scores: Tensor): Tensor {
  return scores.slice({ dim: 1, end: -1 }).argmax({ dim: 1 });
}

/**
 * The regions of a batch that were learnt from, moved: those of objects by their class, the others
 * by the likeliest one. Regions that are objects themselves are left out.
 *
 * @param predicted of all regions, image after image
 * @returns [regions, 4] of each image
 */
export function refinedRegions(
  samples: readonly RoiSamples[],
  images: readonly ImageObjects[],
  { predicted, deviations }: { readonly predicted: BoxPredictions } & Pick<Stage, 'deviations'>,
): Tensor[] {
  let first = 0;
  return samples.map(({ boxes, labels, places }, i) => {
    const { boxes: objects, size } = at(images, i);
    const [count] = boxes.sizes(2);
    const part = (x: Tensor) => x.narrow(0, first, count);
    const own = { scores: part(predicted.scores), deltas: part(predicted.deltas) };
    first += count;
    const [, width] = own.scores.sizes(2);
    const isObject = labels.lt(width - 1);
    const known = where(isObject, labels, likeliestObject(own.scores.detach()));
    const moved = movedBoxes({ boxes, predicted: own, labels: known, deviations, size });
    const [there] = objects.sizes(2);
    return moved.indexSelect(0, places.ge(there).nonzero().flatten());
  });
}
