/**
 * The fields of headers in tar archives.
 *
 * Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual,
 * "Basic Tar Format".
 */
import { DataError } from '../../../errors.js';
import { decodeName } from '../../../files/file-names.js';
import type { TarFile } from './tar-file.js';

/** The size of headers in bytes, to a multiple of which members are filled up. */
export const block = 512;
/** Names and pax headers are shorter; a longer one is refused before it is read. */
const longestExtension = 1 << 20;

/** The properties of a member that extension headers before it give. */
export interface Extension {
  readonly name?: string;
  /** The member that a link leads to. */
  readonly link?: string;
  readonly bytes?: number;
  readonly sparse?: boolean;
}

/** Tells whether a block is a header, by its sum. */
export function isHeader(header: Buffer): boolean {
  // The sum counts itself as eight spaces.
  let sum = 8 * 32;
  for (let i = 0; i < block; i++) if (i < 148 || i >= 156) sum += header[i] as number;
  return sum === number(header, 148, 8);
}

export function readAt(file: TarFile, offset: number, bytes: number): Buffer {
  const content = file.read(offset, bytes);
  if (content.length < bytes) throw truncated(file, 'without its end mark');
  return content;
}

export function truncated({ path, bytes }: TarFile, how: string): DataError {
  return new DataError(
    `Expected a whole tar archive in ${path} but got one that ends after ${bytes} bytes ${how}.\nCopy or pack it again.`,
  );
}

/**
 * The error for a block that is no header, which names what the file is where its beginning tells.
 */
export function noHeader({ path }: TarFile, header: Buffer, at: number): DataError {
  const start = header.toString('latin1', 0, 6);
  const format = at === 0 ? compressions.find(([mark]) => start.startsWith(mark))?.[1] : undefined;
  const advice =
    format === undefined
      ? 'Compressed archives have to be unpacked first, others copied or packed again.'
      : 'Unpack it first: images are read at their places, which a compressed archive does not have.';
  return new DataError(
    `Expected a header of a tar archive at byte ${at} of ${path} but got ${format ?? 'something else'}.\n${advice}`,
  );
}

/** The first bytes of compressed files. */
const compressions: readonly (readonly [string, string])[] = [
  ['\x1f\x8b', 'a file that gzip has compressed'],
  ['BZh', 'a file that bzip2 has compressed'],
  ['\xfd7zXZ', 'a file that xz has compressed'],
  ['\x28\xb5\x2f\xfd', 'a file that zstd has compressed'],
  ['PK', 'a ZIP archive'],
];

/**
 * Octal digits; GNU writes what they cannot hold as a big-endian integer behind a first byte of
 * 128.
 */
export function number(header: Buffer, at: number, length: number): number {
  if (header[at] !== 0x80) return Number.parseInt(text(header, at, length).trim() || '0', 8);
  return header.subarray(at + 1, at + length).reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Up to the first zero byte; bytes that are no UTF-8 stay apart, as in `decodeName`. */
export function text(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return decodeName(field.subarray(0, end < 0 ? length : end));
}

export function ustarName(header: Buffer): string {
  const name = text(header, 0, 100);
  // GNU's old format keeps times where ustar, whose mark ends with a zero, keeps the folder.
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

export function readExtension(
  file: TarFile,
  type: string,
  { offset, bytes }: { readonly offset: number; readonly bytes: number },
): Extension {
  // What is said of all members decides nothing here.
  if (type === 'g') return {};
  if (bytes > longestExtension) {
    throw new DataError(
      `Expected names of at most ${longestExtension} bytes in ${file.path} but got ${bytes}.`,
    );
  }
  const content = readAt(file, offset, bytes);
  if (type === 'L') return { name: text(content, 0, bytes) };
  return type === 'K' ? { link: text(content, 0, bytes) } : paxExtension(content);
}

/** Records `length key=value\n`, whose length counts the whole record in bytes. */
function paxExtension(content: Buffer): Extension {
  let extension: Extension = {};
  for (let at = 0; at < content.length; ) {
    const [digits = ''] = /^\d+ /.exec(content.toString('latin1', at, at + 20)) ?? [];
    const length = Number.parseInt(digits, 10);
    if (!(length > digits.length)) break;
    const record = decodeName(content.subarray(at + digits.length, at + length - 1));
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path' || key === 'GNU.sparse.name') extension = { ...extension, name: value };
    if (key === 'linkpath') extension = { ...extension, link: value };
    if (key === 'size') extension = { ...extension, bytes: Number(value) };
    if (key.startsWith('GNU.sparse.')) extension = { ...extension, sparse: true };
    at += length;
  }
  return extension;
}
