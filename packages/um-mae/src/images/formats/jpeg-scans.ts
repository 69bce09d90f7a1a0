/**
 * Scans of a JPEG image. A progressive one is decoded by going over all of it for each scan, and a
 * scan may take a few bytes: a small file could keep a processor busy for minutes.
 *
 * Source: ITU-T T.81, sections B.1.1 and B.2.
 */
import { UnreadableImage } from '../unreadable-image.js';

/** Browsers take as many; encoders write some ten. The same as in native/jpeg.h. */
const mostScans = 100;

const marker = { temporary: 1, start: 0xd8, restart: 0xd0, end: 0xd9, scan: 0xda } as const;

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === marker.start;
}

/** @throws UnreadableImage for a JPEG image of more than 100 scans */
export function checkScans(bytes: Buffer): void {
  let scans = 0;
  for (let at = 2; at >= 0 && at < bytes.length; at = bytes.indexOf(0xff, at)) {
    const code = bytes[at + 1] ?? marker.end;
    if (code === marker.end) return;
    if (code === marker.scan && ++scans > mostScans) {
      throw new UnreadableImage(`a JPEG of more than ${mostScans} scans`);
    }
    // Zeros, fillings and restarts stand in the pixels of a scan, other markers before a length.
    const isAlone = code <= marker.temporary || (code >= marker.restart && code < marker.end);
    if (code === 0xff) at += 1;
    else if (isAlone) at += 2;
    else at += 2 + (at + 4 <= bytes.length ? Math.max(2, bytes.readUInt16BE(at + 2)) : 2);
  }
}
