/** Classes of pixels as pictures: in the colours of their classes, alone or over the image. */
import sharp from 'sharp';
import { at } from '../at.js';
import { fit } from '../images/geometry/crop.js';
import { type RgbImage, resample, type Size } from '../images/geometry/resize.js';
import { ignoredClass } from '../images/masks/class-map.js';
import type { Colour } from '../images/masks/class-map-file.js';
import { type LegendEntry, layLegend, shownClasses } from './legend.js';
import { ink, loadFonts } from './text.js';

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

/** Letters of a legend, as a share of the longer side of the image, and in pixels. */
const letters = { share: 1 / 56, least: 12, most: 64 };
/** The least width of a legend, in pixels. */
const legendWidth = 240;

/** An overlay as a PNG, with a legend of the classes that it shows below it. */
export async function encodeOverlay(
  image: RgbImage,
  map: Int32Array,
  classes: readonly LegendEntry[],
): Promise<Buffer> {
  const drawn = drawOverlay(
    image,
    map,
    classes.map(({ colour }) => colour),
  );
  const { width, height } = image;
  const size = Math.round(
    Math.min(letters.most, Math.max(letters.least, letters.share * Math.max(width, height))),
  );
  const whole = Math.max(width, legendWidth);
  const fonts = await loadFonts();
  const shown = shownClasses(classes, [map]);
  const legend = layLegend(shown, fonts, { size, width: whole - 2 * size });
  const below = Math.ceil(legend.height + size);
  const place = `translate(${size} ${size})`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${whole}" height="${below}"><g transform="${place}">${legend.elements.join('')}</g></svg>`;
  const raw = { width, height, channels: 3 } as const;
  const background = ink.paper;
  return sharp({ create: { width: whole, height: height + below, channels: 3, background } })
    .composite([
      { input: Buffer.from(drawn.data), raw, left: 0, top: 0 },
      { input: Buffer.from(svg), left: 0, top: height },
    ])
    .removeAlpha()
    .png()
    .toBuffer();
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
