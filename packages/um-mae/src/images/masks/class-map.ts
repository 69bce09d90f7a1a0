/** The class of every pixel of an image, and how it follows what is done to the image. */
import type { Geometry } from '../geometry/geometry.js';
import type { Sampling, Size } from '../geometry/resize.js';

/** The number in place of a class where a pixel is neither learnt from nor counted. */
export const ignoredClass = -1;

/** Classes of pixels, numbered from 0, or `ignoredClass`: [height, width]. */
export interface ClassMap extends Size {
  readonly data: Int32Array;
}

/**
 * Which pixel of a class map an output pixel shows: `centre` the one that lies under its middle, as
 * in the resized image; `corner` that of OpenCV's nearest neighbour, by which the published
 * pipeline resizes. Shrinking by 2 it is half an output pixel off the image.
 */
export type NearestRule = 'centre' | 'corner';

/** The class map of a sample: no classes are mixed, each output pixel shows one of the map. */
export function sampleClassMap(
  map: ClassMap,
  { sampling, mirrored }: Geometry,
  rule: NearestRule = 'centre',
): ClassMap {
  const { window } = sampling;
  const { columns, rows } = shownPlaces(sampling, rule);
  if (mirrored) columns.reverse();
  const data = new Int32Array(window.width * window.height);
  let to = 0;
  for (const row of rows) {
    const start = row * map.width;
    for (let i = 0; i < columns.length; i++) {
      data[to++] = map.data[start + (columns[i] as number)] as number;
    }
  }
  return { width: window.width, height: window.height, data };
}

/** The columns and the rows of the map that the sample shows, before it is mirrored. */
export function shownPlaces({ source, width, height, window }: Sampling, rule: NearestRule) {
  const columns = nearest(source.width, width, rule);
  const rows = nearest(source.height, height, rule);
  return {
    columns: Int32Array.from(
      { length: window.width },
      (_, i) => source.left + columns(window.left + i),
    ),
    rows: Int32Array.from({ length: window.height }, (_, i) => source.top + rows(window.top + i)),
  };
}

/** The input place of each output place when `from` places become `to`. */
function nearest(from: number, to: number, rule: NearestRule): (place: number) => number {
  if (rule === 'centre') return (place) => Math.floor(((2 * place + 1) * from) / (2 * to));
  const step = 1 / (to / from);
  return (place) => Math.min(Math.floor(place * step), from - 1);
}
