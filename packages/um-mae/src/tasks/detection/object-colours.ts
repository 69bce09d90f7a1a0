/** Colours of classes and of verdicts in pictures. */
import { at } from '../../at.js';
import type { Colour } from '../../images/masks/class-map-file.js';

/** Colours that are told apart over photos, also by people who see few colours. */
const palette: readonly Colour[] = [
  [0, 158, 115],
  [230, 159, 0],
  [86, 180, 233],
  [204, 121, 167],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [120, 94, 240],
];

/** The colour of a class by its number. */
export function classColour(label: number): Colour {
  return at(palette, label % palette.length);
}

/** Colours of objects that were found right, falsely, as another class, or missed. */
export const verdictColours = {
  right: [0, 158, 115],
  'wrong-class': [240, 228, 66],
  false: [213, 94, 0],
  ignored: [160, 160, 160],
  missed: [86, 180, 233],
} as const satisfies Readonly<Record<string, Colour>>;
