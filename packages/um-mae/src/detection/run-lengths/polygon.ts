/**
 * Masks of polygons and boxes, pixel for pixel as COCO's tools draw them: edges are walked on a
 * grid five times as fine; where they cross the middle of a column of pixels, a run ends.
 */
import { type CocoBox, joinMasks, type MaskSize, type RunLengths } from './run-lengths.js';

/** The number of places of the fine grid in a pixel. */
const SCALE = 5;

/** The pixels inside of any of the polygons. @param polygons x and y of each corner by turns */
export function polygonMask(polygons: readonly (readonly number[])[], size: MaskSize): RunLengths {
  const masks = polygons.map((polygon) => onePolygon(polygon, size));
  const empty: RunLengths = { ...sizeOf(size), counts: Uint32Array.of(size.height * size.width) };
  return masks.reduce((union, mask) => joinMasks(union, mask, 'union'), empty);
}

/** The pixels inside of a box. */
export function boxMask([left, top, width, height]: CocoBox, size: MaskSize): RunLengths {
  const [right, bottom] = [left + width, top + height];
  return onePolygon([left, top, left, bottom, right, bottom, right, top], size);
}

const sizeOf = ({ height, width }: MaskSize) => ({ height, width });

function onePolygon(corners: readonly number[], { height, width }: MaskSize): RunLengths {
  const size = height * width;
  const ends: number[] = [];
  for (const end of crossings(corners, { height, width }).sort((a, b) => a - b)) {
    // Two equal ends cancel: the runs on both sides of them are one.
    if (ends.at(-1) === end) ends.pop();
    else ends.push(end);
  }
  if (ends.at(-1) !== size) ends.push(size);
  const counts = new Uint32Array(ends.length);
  for (const [i, end] of ends.entries()) counts[i] = i === 0 ? end : end - (ends[i - 1] as number);
  return { height, width, counts };
}

/** Receives a place of the fine grid. */
type PlaceVisitor = (x: number, y: number) => void;

/** Visits the places of the fine grid on the outline; a long one has more than memory holds. */
function walkOutline(corners: readonly number[], visit: PlaceVisitor): void {
  const fine = corners.map((corner) => Math.trunc(SCALE * corner + 0.5));
  for (let i = 0; i < fine.length; i += 2) {
    const next = (i + 2) % fine.length;
    walk(visit, fine.slice(i, i + 2), fine.slice(next, next + 2));
  }
}

/** One place for each step of the longer axis, both ends included, from a corner to the next. */
function walk(visit: PlaceVisitor, from: readonly number[], to: readonly number[]): void {
  const [startX = 0, startY = 0] = from;
  const [endX = 0, endY = 0] = to;
  const [acrossLength, downLength] = [Math.abs(endX - startX), Math.abs(endY - startY)];
  const flat = acrossLength >= downLength;
  // Always in one direction, so that an edge is the same from both of its sides.
  const turned = flat ? startX > endX : startY > endY;
  const [firstX, firstY, lastX, lastY] = turned
    ? [endX, endY, startX, startY]
    : [startX, startY, endX, endY];
  const steps = Math.max(acrossLength, downLength);
  const slope = steps === 0 ? 0 : (flat ? lastY - firstY : lastX - firstX) / steps;
  for (let step = 0; step <= steps; step++) {
    const along = turned ? steps - step : step;
    if (flat) visit(along + firstX, Math.trunc(firstY + slope * along + 0.5));
    else visit(Math.trunc(firstX + slope * along + 0.5), along + firstY);
  }
}

/** Places, in the order of run lengths, at which the outline crosses the middle of a column. */
function crossings(corners: readonly number[], { height, width }: MaskSize): number[] {
  const found: number[] = [];
  let [beforeX, beforeY] = [Number.NaN, Number.NaN];
  walkOutline(corners, (x, y) => {
    const [otherX, otherY] = [beforeX, beforeY];
    [beforeX, beforeY] = [x, y];
    if (x === otherX || Number.isNaN(otherX)) return;
    const column = ((x < otherX ? x : x - 1) + 0.5) / SCALE - 0.5;
    if (!Number.isInteger(column) || column < 0 || column > width - 1) return;
    const row = (Math.min(y, otherY) + 0.5) / SCALE - 0.5;
    found.push(column * height + Math.ceil(Math.min(Math.max(row, 0), height)));
  });
  return found;
}
