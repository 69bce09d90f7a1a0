/**
 * Colours of classes: those of curves while they suffice, then hues as far apart as they can be.
 */
import { resolveColour, seriesToken } from '../charts/palette.js';

const inPalette = 8;

/** @returns a colour for each class, as a canvas and a style take it */
export function classColours(element: HTMLElement, classes: number, isDark: boolean): string[] {
  return Array.from({ length: classes }, (_, label) => {
    if (classes <= inPalette) return resolveColour(element, seriesToken(label));
    // Steps of the golden angle; neighbours in the list differ in lightness, too.
    const lightness = (isDark ? 62 : 42) + 8 * (label % 3);
    return `hsl(${Math.round(label * 137.508) % 360} 58% ${lightness}%)`;
  });
}
