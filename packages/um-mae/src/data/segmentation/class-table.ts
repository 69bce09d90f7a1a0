/** One look-up from what masks store to classes, applied once, in training and evaluation alike. */
import type { ClassMap } from '../../images/class-map.js';
import { colourOfValue, type Mask } from '../../images/mask.js';
import { UnreadableImage } from '../../images/unreadable-image.js';

/** The class of every value that masks may hold, or `ignoredClass`; it can be sent to threads. */
export type ClassTable = ReadonlyMap<number, number>;

/** The text of a value of masks: a number, or a colour such as `#804080`. */
export function nameOfValue(value: number): string {
  const colour = colourOfValue(value);
  return colour === undefined ? `${value}` : `#${colour.toString(16).padStart(6, '0')}`;
}

/** @throws UnreadableImage when the mask holds a value that has no class */
export function classMapOf({ width, height, values }: Mask, table: ClassTable): ClassMap {
  const data = new Int32Array(width * height);
  // Neighbours mostly are of one class.
  let last = -1;
  let found = 0;
  for (let pixel = 0; pixel < data.length; pixel++) {
    const value = values[pixel] as number;
    if (value !== last) {
      found = classOf(value, table);
      last = value;
    }
    data[pixel] = found;
  }
  return { width, height, data };
}

function classOf(value: number, table: ClassTable): number {
  const found = table.get(value);
  if (found !== undefined) return found;
  throw new UnreadableImage(`one with the value ${nameOfValue(value)}, which has no class`);
}
