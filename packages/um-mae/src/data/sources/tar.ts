/**
 * Reads the headers of a tar archive, and never a member's bytes.
 *
 * Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual,
 * "Basic Tar Format".
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DataError } from '../../errors.js';
import { describeFailure } from '../../file-errors.js';

/** A regular file in an archive. */
export interface TarMember {
  /**
   * The name as it is written there; it may be absolute or lead upwards, so it is only ever shown.
   */
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** An archive that is open for reading. It reads a little more at a time than requested. */
export class TarFile {
  readonly bytes: number;
  readonly modifiedMs: number;
  private readonly descriptor: number;
  /** The bytes read last, which begin at offset `start` of the file. */
  private readonly window = Buffer.alloc(16_384);
  private start = 0;
  private length = 0;

  /** @throws DataError when it cannot be opened */
  constructor(readonly path: string) {
    const access = { verb: 'read', path, as: DataError } as const;
    this.descriptor = describeFailure(access, () => openSync(path, 'r'));
    const { size, mtimeMs } = fstatSync(this.descriptor);
    this.bytes = size;
    this.modifiedMs = mtimeMs;
  }

  /** Fewer bytes at the end of the file. Valid until the next call. */
  read(offset: number, bytes: number): Buffer {
    if (bytes > this.window.length) {
      const buffer = Buffer.alloc(bytes);
      return buffer.subarray(0, readSync(this.descriptor, buffer, 0, bytes, offset));
    }
    if (offset < this.start || offset + bytes > this.start + this.length) {
      this.start = offset;
      this.length = readSync(this.descriptor, this.window, 0, this.window.length, offset);
    }
    const from = offset - this.start;
    return this.window.subarray(from, Math.min(from + bytes, this.length));
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

const block = 512;
/** Names and pax headers are shorter; a longer one is refused before it is read. */
const longestExtension = 1 << 20;

/** The properties of a member that extension headers before it give. */
interface Extension {
  readonly name?: string;
  readonly bytes?: number;
  readonly sparse?: boolean;
}

/**
 * All regular files, in their order. Links, folders, devices and sparse files are passed over.
 *
 * Synchronous: a header takes a few microseconds so, and ten times that with promises.
 *
 * @throws DataError unless the archive is whole
 */
export function* tarMembers(file: TarFile): Generator<TarMember, void, undefined> {
  let extension: Extension = {};
  for (let at = 0; ; ) {
    const header = readAt(file, at, block);
    if (header.every((byte) => byte === 0)) return;
    checkHeader(file, header, at);
    const type = String.fromCharCode(header[156] as number);
    const isExtension = 'LKxg'.includes(type);
    const bytes = (isExtension ? undefined : extension.bytes) ?? number(header, 124, 12);
    const name = extension.name ?? ustarName(header);
    const offset = at + block;
    at = offset + Math.ceil(bytes / block) * block;
    if (!(bytes >= 0 && at <= file.bytes))
      throw truncated(file, `in the middle of ${JSON.stringify(name)}`);

    if (isExtension) {
      extension = { ...extension, ...readExtension(file, type, { offset, bytes }) };
      continue;
    }
    // Some writers mark regular files by 0, and some by nothing or by 7.
    if ('0\x007'.includes(type) && !extension.sparse) yield { name, offset, bytes };
    extension = {};
  }
}

function readAt(file: TarFile, offset: number, bytes: number): Buffer {
  const content = file.read(offset, bytes);
  if (content.length < bytes) throw truncated(file, 'without its end mark');
  return content;
}

function truncated({ path, bytes }: TarFile, how: string): DataError {
  return new DataError(
    `Expected a whole tar archive in ${path} but got one that ends after ${bytes} bytes ${how}.\nCopy or pack it again.`,
  );
}

function checkHeader({ path }: TarFile, header: Buffer, at: number): void {
  // The sum counts itself as eight spaces.
  let sum = 8 * 32;
  for (let i = 0; i < block; i++) if (i < 148 || i >= 156) sum += header[i] as number;
  if (sum === number(header, 148, 8)) return;
  throw new DataError(
    `Expected a header of a tar archive at byte ${at} of ${path} but got something else.\nCompressed archives have to be unpacked first, others copied or packed again.`,
  );
}

/**
 * Octal digits; GNU writes what they cannot hold as a big-endian integer behind a first byte of
 * 128.
 */
function number(header: Buffer, at: number, length: number): number {
  if (header[at] !== 0x80) return Number.parseInt(text(header, at, length).trim() || '0', 8);
  return header.subarray(at + 1, at + length).reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Up to the first zero byte. */
function text(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function ustarName(header: Buffer): string {
  const name = text(header, 0, 100);
  // GNU's old format keeps times where ustar, whose mark ends with a zero, keeps the folder.
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function readExtension(
  file: TarFile,
  type: string,
  { offset, bytes }: { readonly offset: number; readonly bytes: number },
): Extension {
  // A long name of a link, and what is said of all members, decide nothing here.
  if (type === 'K' || type === 'g') return {};
  if (bytes > longestExtension) {
    throw new DataError(
      `Expected names of at most ${longestExtension} bytes in ${file.path} but got ${bytes}.`,
    );
  }
  const content = readAt(file, offset, bytes);
  return type === 'L' ? { name: text(content, 0, bytes) } : paxExtension(content);
}

/** Records `length key=value\n`, whose length counts the whole record in bytes. */
function paxExtension(content: Buffer): Extension {
  let extension: Extension = {};
  for (let at = 0; at < content.length; ) {
    const [digits = ''] = /^\d+ /.exec(content.toString('latin1', at, at + 20)) ?? [];
    const length = Number.parseInt(digits, 10);
    if (!(length > digits.length)) break;
    const record = content.toString('utf8', at + digits.length, at + length - 1);
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') extension = { ...extension, name: value };
    if (key === 'size') extension = { ...extension, bytes: Number(value) };
    if (key.startsWith('GNU.sparse.')) extension = { ...extension, sparse: true };
    at += length;
  }
  return extension;
}
