/**
 * Reads images and masks from the pixels of a sheet of reconstructions, whose compression is
 * lossless.
 */
import { at } from '../../../../shared/at.js';
import type { SheetPlaces } from '../../../../shared/protocol/run-details.js';
import type { UnitState } from '../../../masks/unit-state.js';

/** Columns of a sheet. */
const sheetColumns = ['original', 'masked', 'prediction', 'pasted'] as const;
export type SheetColumn = (typeof sheetColumns)[number];

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Returns the rectangle of an image in its sheet. */
export function placeOf(sheet: SheetPlaces, row: number, column: SheetColumn): Rectangle {
  const { left, top, width, height, across, down } = sheet;
  const x = left + sheetColumns.indexOf(column) * across;
  return { x, y: top + row * down, width, height };
}

/** Images of a sheet, from its height. */
export function rowsOf({ top, height, down }: SheetPlaces, sheetHeight: number): number {
  return Math.max(0, Math.floor((sheetHeight - top - height) / down) + 1);
}

/** The RGBA pixels of a canvas. */
export interface Pixels {
  readonly width: number;
  readonly data: Uint8ClampedArray;
}

const dropped = [196, 198, 202] as const;
const hatching = [214, 92, 36] as const;

/** @returns the state of every unit of a masked image, in raster order */
export function unitStates(masked: Pixels, sheet: SheetPlaces): UnitState[] {
  return unitsOf(masked, sheet).map((unit) => {
    // The first pixel of every second unit may lie between two stripes, but the whole unit never
    // does.
    if (every(masked, unit, dropped)) return 'dropped';
    return some(masked, unit, hatching) ? 'hidden' : 'visible';
  });
}

/**
 * @returns the root of the mean squared error of every unit, in levels of 0 to 255, in raster order
 */
export function unitErrors(original: Pixels, predicted: Pixels, sheet: SheetPlaces): number[] {
  return unitsOf(original, sheet).map((unit) => {
    let sum = 0;
    for (const pixel of pixelsOf(original, unit)) {
      for (let channel = 0; channel < 3; channel++) {
        const place = pixel + channel;
        sum += (at(original.data, place) - at(predicted.data, place)) ** 2;
      }
    }
    return Math.sqrt(sum / (3 * unit.width * unit.height));
  });
}

/** Places of the units of an image, in raster order. */
export function unitsOf({ width, data }: Pixels, { unit, factor }: SheetPlaces): Rectangle[] {
  const side = unit * factor;
  const [columns, rows] = [width / side, data.length / 4 / width / side].map(Math.floor);
  return Array.from({ length: (columns ?? 0) * (rows ?? 0) }, (_, i) => ({
    x: (i % (columns ?? 1)) * side,
    y: Math.floor(i / (columns ?? 1)) * side,
    width: side,
    height: side,
  }));
}

function* pixelsOf({ width }: Pixels, unit: Rectangle): Generator<number> {
  for (let y = unit.y; y < unit.y + unit.height; y++) {
    for (let x = unit.x; x < unit.x + unit.width; x++) yield (y * width + x) * 4;
  }
}

function is({ data }: Pixels, at: number, colour: readonly number[]): boolean {
  return colour.every((level, channel) => data[at + channel] === level);
}

function every(pixels: Pixels, unit: Rectangle, colour: readonly number[]): boolean {
  for (const at of pixelsOf(pixels, unit)) if (!is(pixels, at, colour)) return false;
  return true;
}

/** Photos hold this orange by chance, but not in a quarter of a unit. */
function some(pixels: Pixels, unit: Rectangle, colour: readonly number[]): boolean {
  let found = 0;
  for (const at of pixelsOf(pixels, unit)) if (is(pixels, at, colour)) found++;
  return found > (unit.width * unit.height) / 4;
}
