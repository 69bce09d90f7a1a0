/** Compares the bytes of zip entries with the CRC-32 that is stored with them. */
import { crc32 } from 'node:zlib';
import { readBytes } from '../byte-reader.js';
import type { Refuse } from '../refusal.js';
import type { ZipEntry } from './zip-reader.js';

const pieceBytes = 2 ** 20;

/** @throws SerializationError when the bytes of an entry have changed since they were written */
export function checkEntry(file: number, entry: ZipEntry, refuse: Refuse): void {
  const { name, begin, end, checksum } = entry;
  if (checksum === undefined) return;
  let found = 0;
  for (let at = begin; at < end; at += pieceBytes) {
    found = crc32(readBytes(file, at, Math.min(pieceBytes, end - at)), found);
  }
  compareChecksum(found, checksum, `\`${name}\``, refuse);
}

/** Refuses bytes of another checksum, by the name of what is damaged. */
export function compareChecksum(
  found: number,
  expected: number,
  name: string,
  refuse: Refuse,
): void {
  if (found === expected) return;
  const hex = (checksum: number) => checksum.toString(16).padStart(8, '0');
  refuse(`CRC-32 ${hex(expected)} of ${name}`, `${hex(found)}: its bytes are damaged`);
}
