/**
 * Text as outlines, from our own copy of Inter: the machine that draws a picture may have no fonts
 * at all.
 */
import { readFile } from 'node:fs/promises';
import opentype, { type Font } from 'opentype.js';

export const ink = { title: '#1c2430', quiet: '#66707d', paper: '#fbfbf9' };

export interface Fonts {
  readonly medium: Font;
  readonly regular: Font;
}

export async function loadFonts(): Promise<Fonts> {
  const load = async (weight: number) => {
    const file = import.meta.resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff`);
    const bytes = await readFile(new URL(file));
    return opentype.parse(new Uint8Array(bytes).buffer);
  };
  const [regular, medium] = await Promise.all([load(400), load(600)]);
  return { regular, medium };
}

export interface TextOptions {
  readonly x: number;
  /** The base line. */
  readonly y: number;
  readonly size: number;
  readonly colour: string;
}

/** An SVG element. */
export function textPath(font: Font, text: string, { x, y, size, colour }: TextOptions): string {
  const outlines = glyphs(font, text, size).map(({ glyph, offset }) =>
    glyph.getPath(x + offset, y, size).toPathData(2),
  );
  return `<path fill="${colour}" d="${outlines.join('')}"/>`;
}

export function textWidth(font: Font, text: string, size: number): number {
  const last = glyphs(font, text, size).at(-1);
  return last ? last.offset + last.advance : 0;
}

/** `text`, or as much of its beginning as fits. */
export function fitText(font: Font, text: string, size: number, width: number): string {
  if (textWidth(font, text, size) <= width) return text;
  let shorter = text;
  while (shorter !== '' && textWidth(font, `${shorter}…`, size) > width)
    shorter = shorter.slice(0, -1);
  return `${shorter.trimEnd()}…`;
}

/** `text` in lines between words, each as wide as `width` allows. */
export function wrapText(font: Font, text: string, size: number, width: number): string[] {
  if (text === '') return [];
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last !== undefined && textWidth(font, longer, size) <= width) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines;
}

/**
 * One glyph per character, where it begins, and how far it reaches: Latin text without ligatures.
 */
function glyphs(font: Font, text: string, size: number) {
  const scale = size / font.unitsPerEm;
  let offset = 0;
  return [...text].map((character) => {
    const glyph = font.charToGlyph(character);
    const advance = (glyph.advanceWidth ?? 0) * scale;
    const placed = { glyph, offset, advance };
    offset += advance;
    return placed;
  });
}
