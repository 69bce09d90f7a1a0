/** The layout of a sheet, for drawing images into it and for cutting them out again. */

/** The places of the images in a sheet, in pixels of the sheet. */
export interface SheetGrid {
  /** The left edge of the first cell. */
  readonly left: number;
  readonly top: number;
  /** The width of a cell. */
  readonly width: number;
  readonly height: number;
  /** The step from a cell to the next one. */
  readonly across: number;
  readonly down: number;
}

export const margin = 24;
export const captionHeight = 17;
/** The height of a line of the title after the first. */
export const titleHeight = 24;
/** The height of a line below the title. */
export const noteHeight = 20;
const gap = 6;
const smallestSide = 128;

interface SheetParts {
  readonly cell: { readonly width: number; readonly height: number };
  /** Lines of text below the title. */
  readonly noteLines: number;
  /** Lines of text below each image. Default 0. */
  readonly captionLines?: number;
  /** Pixels of the title beyond its first line. Default 0. */
  readonly further?: number;
}

/**
 * Places the cells of a sheet of pictures below its title and notes.
 *
 * @example
 * ```ts
 * import { sheetGrid } from 'um-mae/runs';
 *
 * const { across, down } = sheetGrid({ cell: { width: 128, height: 128 }, noteLines: 1 });
 * console.log(`a picture every ${across} pixels, a row every ${down}`);
 * ```
 */
export function sheetGrid({
  cell,
  noteLines,
  captionLines = 0,
  further = 0,
}: SheetParts): SheetGrid {
  const { width, height } = cell;
  return {
    left: margin,
    top: margin + 22 + further + noteLines * noteHeight + 34,
    width,
    height,
    across: width + gap,
    down: height + captionLines * captionHeight + gap,
  };
}

/** Pixels of the sheet that `count` cells with their distances take. */
export function extent(count: number, distance: number): number {
  return count * distance - gap;
}

/**
 * The whole factor that brings the shorter side to 128 pixels.
 *
 * @example
 * ```ts
 * import { enlargement } from 'um-mae/runs';
 *
 * console.log(enlargement({ width: 64, height: 96 })); // 2
 * ```
 */
export function enlargement({ width, height }: { width: number; height: number }): number {
  return Math.max(1, Math.ceil(smallestSide / Math.min(width, height)));
}
