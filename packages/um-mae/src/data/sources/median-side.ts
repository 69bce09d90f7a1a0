/** The usual size of the images of a set, by a sample of them. */
import { at } from '../../at.js';
import { sizeOfImage } from '../objects/image-size.js';
import { type ImageSet, spacedPlaces } from './image-set.js';

const mostMeasured = 32;

/**
 * The median of the shorter sides, in pixels, of some images at equal distances; 0 where none of
 * them can be read.
 */
export async function medianSide(images: ImageSet): Promise<number> {
  const places = spacedPlaces(images.count, mostMeasured);
  const sizes = await Promise.all(places.map((place) => sizeOfImage(images.locate(place))));
  const sides = sizes
    .flatMap((size) => (size ? [Math.min(size.width, size.height)] : []))
    .sort((a, b) => a - b);
  return sides.length === 0 ? 0 : at(sides, Math.floor(sides.length / 2));
}
