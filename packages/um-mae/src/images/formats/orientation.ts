/** Which way up an image is stored, as its EXIF data tell. */
import type { Size } from '../geometry/resize.js';

/**
 * Values of EXIF's tag 0x0112: 1 upright, 2 to 4 turned about or mirrored, 5 to 8 lying on a side.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Whether width and height change places when an image is turned upright. */
export function liesOnSide(orientation: number): boolean {
  return orientation >= 5;
}

/**
 * The orientation in EXIF data; 1 where they tell none.
 *
 * @param exif from the mark of the byte order on
 */
export function exifOrientation(exif: Uint8Array): Orientation {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  if (exif.length < 14) return 1;
  const little = exif[0] === 0x49;
  const directory = view.getUint32(4, little);
  if (directory + 2 > exif.length) return 1;
  const entries = view.getUint16(directory, little);
  for (
    let entry = 0, at = directory + 2;
    entry < entries && at + 12 <= exif.length;
    entry++, at += 12
  ) {
    if (view.getUint16(at, little) !== 0x0112) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

/** Values of pixels, [height, width]. */
interface Pixels extends Size {
  readonly values: Uint8Array | Uint16Array | Int32Array;
}

/** Turns and mirrors pixels so that they are seen as they were meant. */
export function turnUpright<Image extends Pixels>(image: Image, orientation: Orientation): Image {
  if (orientation === 1) return image;
  const { width, height, values } = image;
  const onSide = liesOnSide(orientation);
  const turned = values.slice();
  const [columns, rows] = onSide ? [height, width] : [width, height];
  for (let row = 0, to = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, to++) {
      // Where the stored image has what belongs here.
      const [across, down] = onSide ? [row, column] : [column, row];
      const x = [2, 3, 7, 8].includes(orientation) ? width - 1 - across : across;
      const y = [3, 4, 6, 7].includes(orientation) ? height - 1 - down : down;
      turned[to] = values[y * width + x] as number;
    }
  }
  return { ...image, width: columns, height: rows, values: turned };
}
