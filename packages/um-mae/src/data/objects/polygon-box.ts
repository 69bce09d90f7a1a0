/** The box around polygons. */
import type { CocoBox } from '../../detection/run-lengths/run-lengths.js';

/** @param polygons x and y of each corner by turns, of one corner at least */
export function boxOfPolygons(polygons: readonly (readonly number[])[]): CocoBox {
  let [left, top, right, bottom] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const polygon of polygons) {
    for (const [i, place] of polygon.entries()) {
      if (i % 2 === 0) [left, right] = [Math.min(left, place), Math.max(right, place)];
      else [top, bottom] = [Math.min(top, place), Math.max(bottom, place)];
    }
  }
  return [left, top, right - left, bottom - top];
}
