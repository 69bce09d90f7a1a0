/** Classes of pixels as pictures: in the colours of their classes, alone or over the image. */
import { at } from '../at.js';
import { ignoredClass } from '../images/class-map.js';
import type { Colour } from '../images/class-map-file.js';
import { fit } from '../images/geometry/crop.js';
import { type RgbImage, resample, type Size } from '../images/geometry/resize.js';

/** Stripes that show ignored pixels, of this many pixels each. */
const stripe = 4;
const stripeColours: readonly Colour[] = [
  [236, 236, 232],
  [150, 150, 146],
];

/**
 * Draws a class map.
 *
 * @param map [height, width]; ignored pixels become stripes
 * @param hidden a map whose ignored pixels become stripes, too
 */
export function drawClassMap(
  map: Int32Array,
  { width, height }: Size,
  colours: readonly Colour[],
  hidden: Int32Array = map,
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < map.length; pixel++) {
    const isHidden = hidden[pixel] === ignoredClass;
    const place = (pixel % width) + Math.floor(pixel / width);
    const colour = isHidden
      ? at(stripeColours, Math.floor(place / stripe) % 2)
      : at(colours, at(map, pixel));
    data.set(colour, pixel * 3);
  }
  return { width, height, data };
}

/** An image with the colours of its classes laid over it, so that both are seen. */
export function drawOverlay(
  image: RgbImage,
  map: Int32Array,
  colours: readonly Colour[],
  opacity = 0.5,
): RgbImage {
  const drawn = drawClassMap(map, image, colours);
  const data = image.data.map((level, i) =>
    Math.round(level * (1 - opacity) + at(drawn.data, i) * opacity),
  );
  return { ...image, data };
}

/** An image that is as large as `side` pixels on its longer side, or smaller. */
export function shrinkImage(image: RgbImage, side: number): RgbImage {
  if (Math.max(image.width, image.height) <= side) return image;
  const sampling = fit(image, { width: side, height: side });
  return { ...sampling.window, data: resample(image, sampling) };
}

/** A class map that is as large as `side` pixels on its longer side, or smaller; no classes mix. */
export function shrinkClassMap(
  map: Int32Array,
  size: Size,
  side: number,
): Size & { data: Int32Array } {
  const { width, height } =
    Math.max(size.width, size.height) <= side
      ? size
      : fit(size, { width: side, height: side }).window;
  const data = new Int32Array(width * height);
  const place = (i: number, to: number, from: number) =>
    Math.floor(((2 * i + 1) * from) / (2 * to));
  for (let row = 0; row < height; row++) {
    const start = place(row, height, size.height) * size.width;
    for (let column = 0; column < width; column++) {
      data[row * width + column] = at(map, start + place(column, width, size.width));
    }
  }
  return { width, height, data };
}
