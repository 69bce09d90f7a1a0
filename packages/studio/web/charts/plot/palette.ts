/** Colours of tokens and classes as a canvas takes them: it knows no custom properties. */

/** Curves of several runs; more of them begin again. */
export function seriesToken(index: number): string {
  return `--series-${(index % 8) + 1}`;
}

/** @param token a custom property, `--ink` */
export function resolveColour(element: HTMLElement, token: string): string {
  const before = element.style.color;
  element.style.color = `var(${token})`;
  const colour = getComputedStyle(element).color;
  element.style.color = before;
  return colour;
}

/** The same colour, mostly transparent. */
export function faint(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.25)');
}

const inPalette = 8;

/**
 * Colours of classes: those of curves while they suffice, then hues as far apart as they can be.
 *
 * @returns a colour for each class, as a canvas and a style take it
 */
export function classColours(element: HTMLElement, classes: number, isDark: boolean): string[] {
  return Array.from({ length: classes }, (_, label) => {
    if (classes <= inPalette) return resolveColour(element, seriesToken(label));
    return classHue(label, isDark);
  });
}

/** A colour for a class among many, dark enough on light paper and light enough on dark. */
export function classHue(label: number, isDark: boolean): string {
  // Steps of the golden angle; neighbours in the list differ in lightness, too.
  const lightness = (isDark ? 0.66 : 0.46) + 0.07 * (label % 3);
  return `oklch(${lightness.toFixed(2)} 0.14 ${Math.round(label * 137.508) % 360})`;
}
