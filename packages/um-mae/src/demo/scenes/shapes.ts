/**
 * The shapes of the rendered scenes, as signed distances: negative inside, in units of the radius.
 */

type Distance = (x: number, y: number) => number;

const box = (x: number, y: number, halfWidth: number, halfHeight: number) =>
  Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);

/** Distance to a shape of radius 1 around the origin; y points down. */
export const distances = {
  disc: (x, y) => Math.hypot(x, y) - 1,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.78) - 0.22,
  square: (x, y) => box(x, y, 0.88, 0.88),
  frame: (x, y) => Math.abs(box(x, y, 0.7, 0.7)) - 0.18,
  triangle: (x, y) => Math.max(Math.abs(x) * 0.866 - y * 0.5 - 0.5, y - 0.5),
  cross: (x, y) => Math.min(box(x, y, 0.95, 0.32), box(x, y, 0.32, 0.95)),
} as const satisfies Record<string, Distance>;

export type ShapeName = keyof typeof distances;

/** Painted area of the shape of radius 1. */
export const areas: Readonly<Record<ShapeName, number>> = {
  disc: Math.PI,
  ring: Math.PI * (1 - 0.56 ** 2),
  square: 1.76 ** 2,
  frame: 1.76 ** 2 - 1.04 ** 2,
  triangle: 0.75 * Math.sqrt(3),
  cross: 2 * 1.9 * 0.64 - 0.64 ** 2,
};
