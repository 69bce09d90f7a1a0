import { evaluationCrop } from './crop.js';
import { type RgbImage, resample, type Size } from './resize.js';

/** The middle of an image, resized: what a model is shown of it outside training. */
export function middleOf(image: RgbImage, size: Size): RgbImage {
  return { ...size, data: resample(image, evaluationCrop(image, size)) };
}
