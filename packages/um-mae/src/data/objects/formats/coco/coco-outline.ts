/** Outlines as COCO's files write them: polygons, and run lengths with and without compression. */
import { maskArea } from '../../../../detection/run-lengths/run-lengths.js';
import { parseRunLengths, runLengths } from '../../../../detection/run-lengths/text.js';
import { UmMaeError } from '../../../../errors.js';
import type { Size } from '../../../../images/geometry/resize.js';
import type { Outline } from '../../known-objects.js';
import { boxOfPolygons } from '../../outlines/polygon-box.js';

/** An outline, or the reason why there is none, which stands before a number in a remark. */
export interface ReadOutline {
  readonly outline?: Outline | undefined;
  readonly fault?: string;
}

const other = { fault: 'outlines that are neither polygons nor run lengths' } as const;

/** @param written the value of `segmentation`; polygons are kept as they are, not copied */
export function cocoOutline(written: unknown, size: Size): ReadOutline {
  if (written === undefined || written === null) return {};
  if (!Array.isArray(written)) return runLengthOutline(written, size);
  // A polygon may stand alone, which COCO's own files have in a list.
  const polygons: unknown[] = Array.isArray(written[0]) ? written : [written];
  return polygons.every(isPolygon) ? polygonOutline(polygons, size) : other;
}

function isPolygon(written: unknown): written is number[] {
  return Array.isArray(written) && written.every((place) => typeof place === 'number');
}

function runLengthOutline(written: unknown, { width, height }: Size): ReadOutline {
  const { size, counts }: { readonly size?: unknown; readonly counts?: unknown } = Object(written);
  const isText = typeof counts === 'string';
  if (!isPolygon(size) || size.length !== 2 || !(isText || isPolygon(counts))) return other;
  const [rows, columns] = size;
  if (rows !== height || columns !== width)
    return { fault: 'masks of another size than the image' };
  try {
    const place = { width, height };
    const mask = isText ? parseRunLengths(counts, place) : runLengths(counts, place);
    return maskArea(mask) > 0
      ? { outline: { kind: 'run-lengths', mask } }
      : { fault: 'masks without a pixel' };
  } catch (error) {
    if (!(error instanceof UmMaeError)) throw error;
    return { fault: 'run lengths that do not fit their image' };
  }
}

/** Polygons of three corners or more that reach into their image; others are left out. */
export function polygonOutline(polygons: readonly (readonly number[])[], size: Size): ReadOutline {
  const faults = polygons.map((polygon) => faultOf(polygon, size));
  if (faults.every((fault) => fault === undefined)) {
    return polygons.length > 0 ? { outline: { kind: 'polygons', polygons } } : {};
  }
  const whole = polygons.filter((_, i) => faults[i] === undefined);
  const fault = faults.find((found, i) => found !== undefined && polygons[i]?.length !== 0);
  return {
    ...(whole.length > 0 && { outline: { kind: 'polygons', polygons: whole } }),
    ...(fault !== undefined && { fault }),
  };
}

/** Longer outlines take long to draw; no object has one. */
const longest = 2 ** 22;

/** The steps along all edges, in pixels. */
function lengthOf(polygon: readonly number[]): number {
  let length = 0;
  for (let i = 0; i < polygon.length; i += 2) {
    const next = (i + 2) % polygon.length;
    const [x, y] = [polygon[i] as number, polygon[i + 1] as number];
    const [nextX, nextY] = [polygon[next] as number, polygon[next + 1] as number];
    length += Math.max(Math.abs(nextX - x), Math.abs(nextY - y));
  }
  return length;
}

/** Polygons that reach farther beyond an image, in its sides, have other units than pixels. */
const reach = 10;

function faultOf(polygon: readonly number[], { width, height }: Size): string | undefined {
  if (polygon.length < 6 || polygon.length % 2 === 1) return 'polygons of fewer than three corners';
  const [left, top, across, down] = boxOfPolygons([polygon]);
  if (across === 0 || down === 0) return 'polygons that are a line or a point';
  const isInside = left < width && top < height && left + across > 0 && top + down > 0;
  const isNear =
    Math.max(-left, left + across) <= reach * width && Math.max(-top, top + down) <= reach * height;
  if (!isInside || !isNear) return 'polygons outside of their image, or far beyond it';
  return lengthOf(polygon) > longest ? `polygons of more than ${longest} pixels around` : undefined;
}
