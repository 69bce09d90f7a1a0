/** A legend: names of classes beside their colours, in lines as wide as a picture. */
import type { Colour } from '../images/masks/class-map-file.js';
import { type Fonts, fitText, ink, textPath, textWidth } from './text.js';

export interface LegendEntry {
  readonly name: string;
  readonly colour: Colour;
}

/** A legend that has its place in a picture, whose upper left corner is at 0, 0. */
export interface Legend {
  readonly height: number;
  /** Elements of SVG. */
  readonly elements: readonly string[];
}

/**
 * @param size height of the letters, in pixels
 * @param width of the lines, in pixels
 */
export function layLegend(
  entries: readonly LegendEntry[],
  { regular }: Pick<Fonts, 'regular'>,
  { size, width }: { readonly size: number; readonly width: number },
): Legend {
  const [gap, line] = [size / 2, 1.6 * size];
  let [left, top] = [0, 0];
  const elements = entries.flatMap(({ name, colour }) => {
    const text = fitText(regular, name, size, width - size - gap);
    const extent = size + gap + textWidth(regular, text, size);
    if (left > 0 && left + extent > width) [left, top] = [0, top + line];
    const x = left;
    left += extent + 2 * gap;
    return [
      `<rect x="${x}" y="${top}" width="${size}" height="${size}" fill="rgb(${colour.join()})"/>`,
      textPath(regular, text, { x: x + size + gap, y: top + 0.86 * size, size, colour: ink.quiet }),
    ];
  });
  return { height: entries.length > 0 ? top + line : 0, elements };
}

/** Entries of the classes that maps show, in the order of their numbers. */
export function shownClasses<Entry extends LegendEntry>(
  classes: readonly Entry[],
  maps: readonly Int32Array[],
): Entry[] {
  const seen = new Set(maps.flatMap((map) => [...new Set(map)]));
  return classes.filter((_, label) => seen.has(label));
}
