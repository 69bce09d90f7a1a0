/** One look-up from what masks store to classes, applied once, in training and evaluation alike. */
import type { ClassMap } from '../../../images/masks/class-map.js';
import { colourOfValue, type Mask } from '../../../images/masks/mask.js';
import { UnreadableImage } from '../../../images/unreadable-image.js';

/** The class of every value that masks may hold, or `ignoredClass`; it can be sent to threads. */
export type ClassTable = ReadonlyMap<number, number>;

/** The text of a value of masks: a number, or a colour such as `#804080`. */
export function nameOfValue(value: number): string {
  const colour = colourOfValue(value);
  return colour === undefined ? `${value}` : `#${colour.toString(16).padStart(6, '0')}`;
}

/** @throws UnreadableImage when the mask holds a value that has no class */
export function classMapOf({ width, height, values }: Mask, table: ClassTable): ClassMap {
  const data =
    values instanceof Int32Array ? classesOfColours(values, table) : classesOf(values, table);
  return { width, height, data };
}

/** A class that no table has. */
const none = -2;

function classesOf(values: Uint8Array | Uint16Array, table: ClassTable): Int32Array {
  const classes = new Int32Array(2 ** (8 * values.BYTES_PER_ELEMENT)).fill(none);
  for (const [value, number] of table) if (value < classes.length) classes[value] = number;
  const data = new Int32Array(values.length);
  let smallest = 0;
  for (let pixel = 0; pixel < data.length; pixel++) {
    const found = classes[values[pixel] as number] as number;
    smallest = Math.min(smallest, found);
    data[pixel] = found;
  }
  if (smallest === none) throw withoutClass(values[data.indexOf(none)] as number);
  return data;
}

/** Neighbours mostly are of one class. */
function classesOfColours(values: Int32Array, table: ClassTable): Int32Array {
  const data = new Int32Array(values.length);
  let last = -1;
  let found = 0;
  for (let pixel = 0; pixel < data.length; pixel++) {
    const value = values[pixel] as number;
    if (value !== last) {
      found = table.get(value) ?? none;
      if (found === none) throw withoutClass(value);
      last = value;
    }
    data[pixel] = found;
  }
  return data;
}

function withoutClass(value: number): UnreadableImage {
  return new UnreadableImage(`one with the value ${nameOfValue(value)}, which has no class`);
}
