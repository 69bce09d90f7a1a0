/** Outlines as COCO's files write them: polygons, and run lengths with and without compression. */

import { z } from 'zod';
import { parseRunLengths, runLengths } from '../../../../detection/run-lengths/text.js';
import { UmMaeError } from '../../../../errors.js';
import type { Size } from '../../../../images/geometry/resize.js';
import type { Outline } from '../../known-objects.js';

const coordinates = z.array(z.number());

/** A polygon may stand alone, which COCO's own files have in a list. */
const segmentation = z.union([
  z.object({
    size: z.tuple([z.number(), z.number()]),
    counts: z.union([z.string(), z.array(z.number())]),
  }),
  z.array(coordinates),
  coordinates,
]);

/** An outline, or the reason why there is none, which stands before a number in a remark. */
export interface ReadOutline {
  readonly outline?: Outline | undefined;
  readonly fault?: string;
}

/** @param written the value of `segmentation` */
export function cocoOutline(written: unknown, { width, height }: Size): ReadOutline {
  if (written === undefined || written === null) return {};
  const parsed = segmentation.safeParse(written);
  if (!parsed.success) return { fault: 'outlines that are neither polygons nor run lengths' };
  const { data } = parsed;
  if (Array.isArray(data)) {
    const isList = Array.isArray(data[0]);
    return polygonOutline(isList ? (data as number[][]) : [data as number[]]);
  }
  const [rows, columns] = data.size;
  if (rows !== height || columns !== width)
    return { fault: 'masks of another size than the image' };
  try {
    const size = { width, height };
    const { counts } = data;
    const mask =
      typeof counts === 'string' ? parseRunLengths(counts, size) : runLengths(counts, size);
    return { outline: { kind: 'run-lengths', mask } };
  } catch (error) {
    if (!(error instanceof UmMaeError)) throw error;
    return { fault: 'run lengths that do not fit their image' };
  }
}

/** Polygons of three corners or more; those of fewer are left out. */
export function polygonOutline(polygons: readonly (readonly number[])[]): ReadOutline {
  const written = polygons.filter((polygon) => polygon.length > 0);
  const whole = written.filter(({ length }) => length >= 6 && length % 2 === 0);
  const left = whole.length < written.length;
  return {
    ...(whole.length > 0 && { outline: { kind: 'polygons', polygons: whole } }),
    ...(left && { fault: 'polygons of fewer than three corners' }),
  };
}
