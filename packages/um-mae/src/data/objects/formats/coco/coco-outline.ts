/** Outlines as COCO's files write them: polygons, and run lengths with and without compression. */
import { parseRunLengths, runLengths } from '../../../../detection/run-lengths/text.js';
import { UmMaeError } from '../../../../errors.js';
import type { Size } from '../../../../images/geometry/resize.js';
import type { Outline } from '../../known-objects.js';

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
  return polygons.every(isPolygon) ? polygonOutline(polygons) : other;
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
    return { outline: { kind: 'run-lengths', mask } };
  } catch (error) {
    if (!(error instanceof UmMaeError)) throw error;
    return { fault: 'run lengths that do not fit their image' };
  }
}

/** Polygons of three corners or more; those of fewer are left out. */
export function polygonOutline(polygons: readonly (readonly number[])[]): ReadOutline {
  const isWhole = ({ length }: readonly number[]) => length >= 6 && length % 2 === 0;
  if (polygons.every(isWhole)) {
    return polygons.length > 0 ? { outline: { kind: 'polygons', polygons } } : {};
  }
  const written = polygons.filter((polygon) => polygon.length > 0);
  const whole = written.filter(isWhole);
  const left = whole.length < written.length;
  return {
    ...(whole.length > 0 && { outline: { kind: 'polygons', polygons: whole } }),
    ...(left && { fault: 'polygons of fewer than three corners' }),
  };
}
