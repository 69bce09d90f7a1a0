/**
 * All that a segmentor says of one image: at several scales, and mirrored, where a recipe asks for
 * it.
 */
import { noGrad, scope } from '@um-mae/torch';
import type { Segmentor } from '../../../heads/segmentation/segmentor.js';
import { resizeTo, scaledSize } from '../../../images/geometry/resampling.js';
import type { RgbImage, Size } from '../../../images/geometry/resize.js';
import { normaliseImages } from '../../../images/normalise.js';
import type { CompleteRecipe } from '../segmented-images.js';
import { likeliestClasses, type PassLogits } from './likeliest-classes.js';
import { WindowedLogits, type Windows } from './windowed-logits.js';

/** A segmentor in evaluation mode, and the recipe that says how it is used. */
export interface TrainedSegmentor {
  readonly model: Segmentor;
  readonly recipe: CompleteRecipe;
}

/** Crops of pixels that are computed at once, unless a recipe asks for more. */
const wholeCrops = 4;

/** The way in which `inference` cuts an image of this size. */
function windowsOf({ crop, inference }: CompleteRecipe, { height, width }: Size): Windows {
  const isLarge = height * width > wholeCrops * crop.height * crop.width;
  const slides = inference.windows === 'auto' ? isLarge : inference.windows === 'slide';
  if (!slides) return { kind: 'whole' };
  const step = (side: number) => Math.max(1, Math.round(side * inference.stride));
  const stride = { height: step(crop.height), width: step(crop.width) };
  return { kind: 'slide', crop, stride };
}

/**
 * The likeliest class of every pixel, in the size of the image. Memory grows with the image, not
 * with classes times pixels.
 *
 * @returns [height, width], row by row
 */
export function classesOfPixels(
  { model, recipe }: TrainedSegmentor,
  image: RgbImage,
  device: string,
): Int32Array {
  const { scale, inference, published, head } = recipe;
  const passes: (PassLogits & { readonly logits: WindowedLogits })[] = [];
  try {
    for (const ratio of inference.ratios) {
      const [long, short] = [scale.long, scale.short].map((side) => Math.trunc(side * ratio));
      const size = scaledSize(image, { long: long ?? 0, short: short ?? 0 });
      const resized = resizeTo(image, size, published ? 'opencv' : 'pillow');
      scope(() => {
        const input = normaliseImages(resized.data, size, device);
        const windows = windowsOf(recipe, size);
        const variants = inference.mirrored ? ([null, 'horizontal'] as const) : ([null] as const);
        for (const mirrored of variants) {
          const shown = noGrad(() => (mirrored ? input.flip([3]) : input));
          passes.push({ mirrored, logits: new WindowedLogits(model, shown, windows) });
        }
      });
    }
    const { classes } = model.options;
    return likeliestClasses(passes, image, { classes, alignCorners: head.alignCorners });
  } finally {
    for (const { logits } of passes) logits[Symbol.dispose]();
  }
}
