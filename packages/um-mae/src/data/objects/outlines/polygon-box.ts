/** The box around polygons. */
import type { CocoBox } from '../../../detection/run-lengths/run-lengths.js';

/** @param polygons x and y of each corner by turns, of one corner at least */
export function boxOfPolygons(polygons: readonly (readonly number[])[]): CocoBox {
  let [left, top, right, bottom] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const polygon of polygons) {
    for (let i = 0; i + 1 < polygon.length; i += 2) {
      const [x, y] = [polygon[i] as number, polygon[i + 1] as number];
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return [left, top, right - left, bottom - top];
}
