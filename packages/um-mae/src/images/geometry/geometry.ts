/**
 * The geometry of a sample: the crop, resize and flip of its image, which its targets go through as
 * well.
 */
import type { Sampling } from './resize.js';

/** A crop, a size and a mirror, by which a sample was made of an image. */
export interface Geometry {
  /**
   * The part of the image, the size it was brought to, and the part of that which is the sample.
   */
  readonly sampling: Sampling;
  /** Whether the sample was mirrored left to right at the end. */
  readonly mirrored: boolean;
}

/** A place between pixels: (0, 0) is the corner at the top left. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Maps a point of an image to its sample. The result lies outside the sample if the crop cut the
 * point off.
 */
export function movePoint({ x, y }: Point, { sampling, mirrored }: Geometry): Point {
  const { source, width, height, window } = sampling;
  const across = ((x - source.left) * width) / source.width - window.left;
  const down = ((y - source.top) * height) / source.height - window.top;
  return { x: mirrored ? window.width - across : across, y: down };
}
