/**
 * Views of images, their part and their colours: drawn anew in every epoch, or always the same.
 */

import { at } from '../../../at.js';
import type { Operation } from '../../../images/augmentation/operations.js';
import type { Distortion } from '../../../images/augmentation/photometric.js';
import { drawDistortion } from '../../../images/augmentation/photometric.js';
import {
  drawRandAugment,
  type RandAugmentOptions,
} from '../../../images/augmentation/rand-augment.js';
import {
  evaluationCrop,
  fit,
  type RandomCropOptions,
  randomResizedCrop,
  stretch,
} from '../../../images/geometry/crop.js';
import type { Geometry } from '../../../images/geometry/geometry.js';
import type { Resampling, Scale } from '../../../images/geometry/resampling.js';
import type { Size } from '../../../images/geometry/resize.js';
import type { ClassMap } from '../../../images/masks/class-map.js';
import { type Random, seededRandom } from '../../../random.js';
import type { InstaBoostOptions } from '../../objects/insta-boost/insta-boost.js';
import {
  drawJitter,
  drawMultiScale,
  type JitterOptions,
  type MultiScaleOptions,
  scaleWhole,
} from './object-views.js';
import { drawScaledCrop, type ScaledCropOptions } from './scaled-crop.js';

interface RandomView extends RandomCropOptions {
  /** Probability of mirroring left to right. */
  readonly flip: number;
}

/** Whether objects move before everything else. */
interface ObjectMoves {
  readonly instaBoost?: InstaBoostOptions | null | undefined;
}

/**
 * Evaluation, pre-training and fine-tuning, in this order; then the whole image, each in a size of
 * its own that `output` has room for. The next two are those of segmentation: in training a part of
 * the resized image, padded to the size of all with the mean colour, and in evaluation the image as
 * it is. The last are those of detection: two of training, each image in a size of its own, and in
 * evaluation the image at a scale.
 */
export type Transform =
  | { readonly kind: 'center-crop' }
  | ({ readonly kind: 'random-resized-crop' } & RandomView)
  | ({ readonly kind: 'augmented-crop'; readonly randAugment: RandAugmentOptions } & RandomView)
  | { readonly kind: 'whole' }
  | ({ readonly kind: 'scaled-crop' } & ScaledCropOptions)
  | { readonly kind: 'original' }
  | ({ readonly kind: 'jittered' } & JitterOptions & ObjectMoves)
  | ({ readonly kind: 'multi-scale' } & MultiScaleOptions & ObjectMoves)
  | { readonly kind: 'scaled'; readonly scale: Scale; readonly resampling: Resampling };

/** The part of an image that is shown, and the changes of its colours. */
export interface View {
  /** The steps before `geometry`; none where one step makes the view. */
  readonly earlier: readonly Geometry[];
  readonly geometry: Geometry;
  readonly resampling: Resampling;
  readonly operations: readonly Operation[];
  readonly distortion: Distortion | undefined;
  /** Draws the moves of objects, and how often colours change then; undefined where none move. */
  readonly moves?: { readonly random: Random; readonly colours: number } | undefined;
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
  const plain = {
    resampling: 'pillow',
    operations: [],
    distortion: undefined,
    earlier: [],
  } as const;
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
    case 'jittered': {
      const { resampling } = transform;
      const geometry = drawJitter(image, transform, { output, random: seededRandom(...draws) });
      return { ...plain, resampling, geometry, moves: drawMoves(transform, draws) };
    }
    case 'multi-scale': {
      const { resampling } = transform;
      const steps = drawMultiScale(image, transform, seededRandom(...draws));
      const [earlier, geometry] = [steps.slice(0, -1), at(steps, -1)];
      return { ...plain, resampling, earlier, geometry, moves: drawMoves(transform, draws) };
    }
    case 'scaled': {
      const { scale, resampling } = transform;
      return { ...plain, resampling, geometry: scaleWhole(image, scale) };
    }
  }
}

/** Keeps the draws of moves apart from those of geometries. */
const moving = 0x6d6f7665;

function drawMoves({ instaBoost }: ObjectMoves, draws: readonly number[]): View['moves'] {
  if (!instaBoost) return undefined;
  const random = seededRandom(...draws, moving);
  return random() < instaBoost.probability ? { random, colours: instaBoost.colours } : undefined;
}
