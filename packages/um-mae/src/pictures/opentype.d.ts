/** The part of opentype.js that is used; its published types pull the whole DOM in. */
declare module 'opentype.js' {
  export interface Glyph {
    /** Undefined for glyphs without a width, in font units. */
    readonly advanceWidth?: number;
    getPath(x: number, y: number, fontSize: number): { toPathData(decimals: number): string };
  }
  export interface Font {
    readonly unitsPerEm: number;
    charToGlyph(character: string): Glyph;
  }
  const opentype: { parse(file: ArrayBuffer): Font };
  // biome-ignore lint/style/noDefaultExport: it is the library's only export.
  export default opentype;
}
