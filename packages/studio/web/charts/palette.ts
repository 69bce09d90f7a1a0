/** Colours of tokens as a canvas takes them: it knows no custom properties. */

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
