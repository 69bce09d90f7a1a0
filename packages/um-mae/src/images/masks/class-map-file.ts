/** Class maps as files: PNGs of indices whose palette shows each class in its colour. */
import { ok as assert } from 'node:assert';
import { pngColour, writePng } from '../png/png-file.js';
import { type ClassMap, ignoredClass } from './class-map.js';

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/** The index of ignored pixels in files of 8 bits, and what no such file can have as a class. */
const ignoredIndex = 255;

/**
 * A PNG whose stored numbers are classes, as training reads them again; ignored pixels are the
 * largest number. Beyond 255 classes it has 16 bits, and no colours.
 *
 * @param colours of the classes, in the order of their numbers
 */
export function encodeClassMap(
  { width, height, data }: ClassMap,
  colours: readonly Colour[],
): Buffer {
  const isDeep = colours.length > ignoredIndex;
  const bytes = isDeep ? 2 : 1;
  const ignored = isDeep ? 65_535 : ignoredIndex;
  assert(colours.length <= ignored, `Expected at most ${ignored} classes.`);
  const stride = width * bytes + 1;
  const rows = Buffer.alloc(height * stride);
  for (let row = 0, from = 0; row < height; row++) {
    for (let at = row * stride + 1; at < (row + 1) * stride; at += bytes, from++) {
      const found = data[from] as number;
      rows.writeUIntBE(found === ignoredClass ? ignored : found, at, bytes);
    }
  }
  const header = { width, height, bits: 8 * bytes };
  if (isDeep)
    return writePng({ ...header, colour: pngColour.grey }, { rows, palette: new Uint8Array() });
  const palette = new Uint8Array(256 * 3);
  palette.set(colours.flat());
  palette.fill(255, ignoredIndex * 3);
  return writePng({ ...header, colour: pngColour.index }, { rows, palette });
}
