/** Boxes that are turned in their image. */
import type { CocoBox } from '../../../detection/run-lengths/run-lengths.js';

/** An angle in degrees, clockwise, and the place that stays where it is. */
interface Turn {
  readonly angle: number;
  readonly x: number;
  readonly y: number;
}

/** @returns x and y of the four corners by turns, the first one that of the upright box's */
export function turnedCorners(
  [left, top, width, height]: CocoBox,
  { angle, x, y }: Turn,
): number[] {
  const radians = (angle * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(radians), Math.sin(radians)];
  const [across, down] = [left - x, top - y];
  const corners = [
    [across, down],
    [across + width, down],
    [across + width, down + height],
    [across, down + height],
  ] as const;
  return corners.flatMap(([a, b]) => [x + a * cosine - b * sine, y + a * sine + b * cosine]);
}
