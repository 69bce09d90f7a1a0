/**
 * Names of files that are no UTF-8, such as those of old systems in Latin-1, as strings and back.
 *
 * A byte that is no UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF, as in Python (PEP 383): no
 * text holds one, so that nothing is lost. People see `\xfc`, and classes are called by the letter
 * of Latin-1.
 */

import { constants } from 'node:fs';

/** Returns a path in which every byte of the file system's name is kept. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodePieces(bytes);
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function loneByte([byte = 0]: Uint8Array): string {
  return String.fromCharCode(0xdc00 + byte);
}

function decodePieces(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = validLength(bytes, at);
    if (length > 0) text += strict.decode(bytes.subarray(at, at + length));
    else text += loneByte(bytes.subarray(at, at + 1));
    at += Math.max(1, length);
  }
  return text;
}

/** Returns the number of bytes of the letter that begins at a place; 0 when none does. */
function validLength(bytes: Uint8Array, at: number): number {
  for (const length of [1, 2, 3, 4]) {
    try {
      if (at + length <= bytes.length && strict.decode(bytes.subarray(at, at + length)) !== '') {
        return length;
      }
    } catch {
      // Not yet a whole letter, or none at all.
    }
  }
  return 0;
}

const lone = /[\uDC80-\uDCFF]/gu;

/** Returns a path of `decodeName` in the form that the functions of `node:fs` take. */
export function systemPath(path: string): string | Buffer {
  if (path.search(lone) < 0) return path;
  const parts = [...path].map((letter) => {
    const code = letter.codePointAt(0) ?? 0;
    return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(letter);
  });
  return Buffer.concat(parts);
}

/** Flags of `node:fs` to read by: opening a pipe would wait for someone to write. */
export const readFlags = constants.O_RDONLY | constants.O_NONBLOCK;

/** Returns the path as text: `Gr\xfcn.jpg`. */
export function shownPath(path: string): string {
  return path.replace(lone, (byte) => `\\x${(byte.charCodeAt(0) - 0xdc00).toString(16)}`);
}

/** Returns the path that `shownPath` shows so. */
export function unshownPath(text: string): string {
  return text.replace(/\\x([89a-f][0-9a-f])/g, (_, digits) =>
    String.fromCharCode(0xdc00 + Number.parseInt(digits, 16)),
  );
}

/**
 * Returns a name as people would write it: bytes that are no UTF-8 as Latin-1, accents composed.
 */
export function readableName(name: string): string {
  return name
    .replace(lone, (byte) => String.fromCharCode(byte.charCodeAt(0) - 0xdc00))
    .normalize('NFC');
}
