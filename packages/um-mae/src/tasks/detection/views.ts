/** The ways in which a detector is shown an image: at one scale, or at several, and mirrored. */
import { padPixels } from '../../data/loading/views/pad.js';
import { resizeTo, type Scale, scaledSize } from '../../images/geometry/resampling.js';
import type { RgbImage } from '../../images/geometry/resize.js';
import { mirror } from '../../images/geometry/steps.js';
import type { ObjectRecipe } from '../../recipes/detection/object-recipe.js';
import { evaluationScale, paddedSize, type ShownImage } from './find-objects.js';

/** A scale, and whether the image is mirrored left to right. */
export interface PictureView {
  readonly scale: Scale;
  readonly mirrored: boolean;
}

/** The views of every image: at least one, the first of them not mirrored. */
export function viewsOf(recipe: ObjectRecipe): PictureView[] {
  const { scales, flip } = recipe.inference;
  return (scales ?? [evaluationScale(recipe)]).flatMap((scale) =>
    [false, ...(flip ? [true] : [])].map((mirrored) => ({ scale, mirrored })),
  );
}

/** The image as a detector takes it in a view. */
export function shownIn(
  { scale, mirrored }: PictureView,
  image: RgbImage,
  { published }: ObjectRecipe,
): ShownImage {
  const size = scaledSize(image, scale);
  const resized = resizeTo(image, size, published ? 'opencv' : 'pillow');
  if (mirrored) mirror(resized.data, size);
  const padded = paddedSize(size);
  return { pixels: padPixels(resized, padded), padded, size, original: image, mirrored };
}
