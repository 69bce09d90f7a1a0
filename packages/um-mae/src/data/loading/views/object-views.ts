/**
 * Training views of detection: a scale drawn anew for each image, perhaps a part of that, perhaps
 * mirrored.
 *
 * Source: mmdet 2.21, `Resize`, `RandomCrop`, `RandomFlip` and `AutoAugment`, in the orders of the
 * published configurations of UM-MAE and of Swin.
 */
import { at } from '../../../at.js';
import type { Geometry } from '../../../images/geometry/geometry.js';
import { type Resampling, type Scale, scaledSize } from '../../../images/geometry/resampling.js';
import type { Size } from '../../../images/geometry/resize.js';
import { type Random, randomBetween, randomInteger } from '../../../random.js';

interface ObjectView {
  /** Probability of mirroring left to right. */
  readonly flip: number;
  /** The way to resize images. */
  readonly resampling: Resampling;
}

/**
 * Large-scale jitter: the longer side becomes a factor times that of the output, of which a random
 * part as large as the output at most is shown.
 *
 * Source: Ghiasi et al. 2021, arXiv:2012.07177, section 3.
 */
export interface JitterOptions extends ObjectView {
  /** Smallest and largest factor. */
  readonly ratios: readonly [number, number];
}

/** One of several scales; half of the images are cropped first where `crop` is there. */
export interface MultiScaleOptions extends ObjectView {
  /** Most pixels of the longer side. */
  readonly long: number;
  /** Lengths of the shorter side to choose from, or the smallest and the largest of them. */
  readonly short: readonly number[] | { readonly from: number; readonly to: number };
  readonly crop?: ScaledPart | null | undefined;
}

/** A part of an image whose shorter side was brought to one of several lengths. */
export interface ScaledPart {
  readonly short: readonly number[];
  /** The smallest and the largest side of the part, in pixels. */
  readonly sides: readonly [number, number];
}

/** The step of large-scale jitter. */
export function drawJitter(
  image: Size,
  { ratios, flip }: JitterOptions,
  { output, random }: { readonly output: Size; readonly random: Random },
): Geometry {
  const ratio = randomBetween(random, ...ratios);
  const sides = [output.width, output.height].map((side) => Math.trunc(side * ratio));
  const size = scaledSize(image, { long: Math.max(...sides), short: Math.min(...sides) });
  const part = {
    width: Math.min(size.width, output.width),
    height: Math.min(size.height, output.height),
  };
  return { ...drawPart(image, { size, part }, random), mirrored: random() < flip };
}

/** The steps of a view at one of several scales: mirrored first, then perhaps cropped. */
export function drawMultiScale(
  image: Size,
  { long, short, crop, flip }: MultiScaleOptions,
  random: Random,
): Geometry[] {
  const mirrored = random() < flip;
  const cropped = crop && random() >= 0.5 ? [drawScaledPart(image, crop, random)] : [];
  const [part] = cropped;
  const before = part ? part.sampling.window : image;
  const limit = Array.isArray(short)
    ? at(short as readonly number[], randomInteger(random, short.length))
    : drawBetween(short as { readonly from: number; readonly to: number }, random);
  const size = scaledSize(before, { long: Math.max(long, limit), short: Math.min(long, limit) });
  const last = { ...wholeAt(before, size), mirrored: false };
  if (!mirrored) return [...cropped, last];
  return [{ ...wholeAt(image, image), mirrored }, ...cropped, last];
}

/** The whole image with its shape kept, always the same. */
export function scaleWhole(image: Size, scale: Scale): Geometry {
  return { ...wholeAt(image, scaledSize(image, scale)), mirrored: false };
}

function drawBetween({ from, to }: { from: number; to: number }, random: Random): number {
  return from + randomInteger(random, to - from + 1);
}

function drawScaledPart(image: Size, { short, sides }: ScaledPart, random: Random): Geometry {
  const limit = at(short, randomInteger(random, short.length));
  const size = scaledSize(image, { long: Number.POSITIVE_INFINITY, short: limit });
  const side = (pixels: number) => {
    const [least, most] = sides.map((given) => Math.min(given, pixels)) as [number, number];
    return drawBetween({ from: least, to: most }, random);
  };
  const height = side(size.height);
  const width = side(size.width);
  return { ...drawPart(image, { size, part: { width, height } }, random), mirrored: false };
}

/** A part at a random place of the resized image; rows are drawn first. */
function drawPart(
  image: Size,
  { size, part }: { readonly size: Size; readonly part: Size },
  random: Random,
): Pick<Geometry, 'sampling'> {
  const top = randomInteger(random, size.height - part.height + 1);
  const left = randomInteger(random, size.width - part.width + 1);
  return { sampling: { ...wholeAt(image, size).sampling, window: { left, top, ...part } } };
}

function wholeAt({ width, height }: Size, size: Size): Pick<Geometry, 'sampling'> {
  const source = { left: 0, top: 0, width, height };
  const window = { left: 0, top: 0, width: size.width, height: size.height };
  return { sampling: { source, width: size.width, height: size.height, window } };
}
