/** The text of a file that people or their programs have written, in whatever encoding. */
import { decodeName } from '../../../files/file-names.js';

/** A text, and what was found of its encoding. */
export interface DecodedText {
  readonly text: string;
  /**
   * The encoding, where a person may not know of it: UTF-16 or UTF-32; undefined for UTF-8 and
   * names in other bytes.
   */
  readonly encoding?: string;
}

/** Bytes that are no UTF-8 are kept, as in names of files: a list may name files by them. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return { text: '', encoding: 'UTF-32' };
  if (a === 0xff && b === 0xfe) return utf16(bytes.subarray(2), 'le');
  if (a === 0xfe && b === 0xff) return utf16(bytes.subarray(2), 'be');
  // Paths are mostly ASCII, every other byte of which is zero in UTF-16.
  const seen = [...bytes.subarray(0, 1000)];
  const odd = seen.filter((byte, i) => byte === 0 && i % 2 === 1).length;
  const even = seen.filter((byte, i) => byte === 0 && i % 2 === 0).length;
  if (odd > seen.length / 4 && even === 0) return utf16(bytes, 'le');
  if (even > seen.length / 4 && odd === 0) return utf16(bytes, 'be');
  return { text: decodeLines(bytes).replace(/^\uFEFF/, '') };
}

/** Line by line, as one with other bytes takes long. */
function decodeLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    lines.push(decodeName(bytes.subarray(start, end < 0 ? bytes.length : end)));
    start = end < 0 ? bytes.length + 1 : end + 1;
  }
  return lines.join('\n');
}

function utf16(bytes: Uint8Array, order: 'le' | 'be'): DecodedText {
  return { text: new TextDecoder(`utf-16${order}`).decode(bytes), encoding: 'UTF-16' };
}
