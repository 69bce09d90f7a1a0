/**
 * Views of images, their part and their colours: drawn anew in every epoch, or always the same.
 */

import type { Operation } from '../../images/augmentation/operations.js';
import type { Distortion } from '../../images/augmentation/photometric.js';
import { drawDistortion } from '../../images/augmentation/photometric.js';
import {
  drawRandAugment,
  type RandAugmentOptions,
} from '../../images/augmentation/rand-augment.js';
import type { ClassMap } from '../../images/class-map.js';
import {
  evaluationCrop,
  fit,
  type RandomCropOptions,
  randomResizedCrop,
  stretch,
} from '../../images/geometry/crop.js';
import type { Geometry } from '../../images/geometry/geometry.js';
import type { Resampling } from '../../images/geometry/resampling.js';
import type { Size } from '../../images/geometry/resize.js';
import { seededRandom } from '../../random.js';
import { drawScaledCrop, type ScaledCropOptions } from './scaled-crop.js';

interface RandomView extends RandomCropOptions {
  /** Probability of mirroring left to right. */
  readonly flip: number;
}

/**
 * Evaluation, pre-training and fine-tuning, in this order; then the whole image, each in a size of
 * its own that `output` has room for. The last two are those of segmentation: in training a part of
 * the resized image, padded to the size of all with the mean colour, and in evaluation the image as
 * it is.
 */
export type Transform =
  | { readonly kind: 'center-crop' }
  | ({ readonly kind: 'random-resized-crop' } & RandomView)
  | ({ readonly kind: 'augmented-crop'; readonly randAugment: RandAugmentOptions } & RandomView)
  | { readonly kind: 'whole' }
  | ({ readonly kind: 'scaled-crop' } & ScaledCropOptions)
  | { readonly kind: 'original' };

/** The part of an image that is shown, and the changes of its colours. */
export interface View {
  readonly geometry: Geometry;
  readonly resampling: Resampling;
  readonly operations: readonly Operation[];
  readonly distortion: Distortion | undefined;
}

/** The transform, and all that a view may depend on beside it. */
export interface ViewRequest {
  readonly transform: Transform;
  readonly output: Size;
  /** Numbers that random draws depend on alone. */
  readonly draws: readonly number[];
  /** The class of every pixel, where it is known. */
  readonly classMap?: ClassMap | undefined;
}

/** The view of an image of this size. */
export function viewOf(image: Size, { transform, output, draws, classMap }: ViewRequest): View {
  const plain = { resampling: 'pillow', operations: [], distortion: undefined } as const;
  switch (transform.kind) {
    case 'center-crop':
      return { ...plain, geometry: { sampling: evaluationCrop(image, output), mirrored: false } };
    case 'whole':
      return { ...plain, geometry: { sampling: fit(image, output), mirrored: false } };
    case 'original': {
      const sampling = stretch({ left: 0, top: 0, ...image }, image);
      return { ...plain, geometry: { sampling, mirrored: false } };
    }
    case 'random-resized-crop':
    case 'augmented-crop': {
      const random = seededRandom(...draws);
      const sampling = stretch(randomResizedCrop(image, transform, random), output);
      const mirrored = random() < transform.flip;
      const operations =
        transform.kind === 'augmented-crop' ? drawRandAugment(transform.randAugment, random) : [];
      return { ...plain, geometry: { sampling, mirrored }, operations };
    }
    case 'scaled-crop': {
      const random = seededRandom(...draws);
      const geometry = drawScaledCrop(image, transform, { output, classMap, random });
      const distortion = transform.distortion ? drawDistortion(random) : undefined;
      return { ...plain, resampling: transform.resampling, geometry, distortion };
    }
  }
}
