/**
 * Entries of a zip file that are stored as they are, which is how PyTorch stores all.
 *
 * Source: PKWARE, APPNOTE.TXT, sections 4.3 and 4.5.3 (zip64). Sizes come from the central
 * directory: local headers may leave them out.
 */
import { readBytes } from '../byte-reader.js';
import type { Refuse } from '../refusal.js';

/** The place of an entry's bytes in the file. */
export interface ZipEntry {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
  /** The CRC-32 of the bytes; undefined where the writer has computed none. */
  readonly checksum: number | undefined;
}

/** An entry as the central directory describes it. */
interface ListedEntry {
  readonly name: string;
  readonly header: number;
  readonly bytes: number;
  readonly checksum: number;
}

interface Directory {
  readonly begin: number;
  readonly bytes: number;
  readonly entries: number;
}

const signatures = {
  localHeader: 0x04034b50,
  listedEntry: 0x02014b50,
  end: 0x06054b50,
  zip64End: 0x06064b50,
  zip64Locator: 0x07064b50,
} as const;

const endBytes = 22;
const zip64EndBytes = 56;
const locatorBytes = 20;
const longestComment = 0xffff;

/** Nothing that is read needs more; a larger directory is damage or malice. */
const largestDirectory = 100 * 2 ** 20;

/**
 * The entries by name.
 *
 * @throws SerializationError when the file is damaged, or an entry is compressed, encrypted, listed
 *   twice, named like a path out of a folder, or shares bytes with another
 */
export function readZipEntries(file: number, size: number, refuse: Refuse): Map<string, ZipEntry> {
  const directory = findDirectory(file, size, refuse);
  const listed = readDirectory(file, directory, refuse);
  const found = new Map<string, ZipEntry>();
  let free = 0; // Bytes from here on belong to no entry yet.
  for (const entry of listed.toSorted((a, b) => a.header - b.header)) {
    if (found.has(entry.name)) refuse('every entry once', `\`${entry.name}\` twice`);
    if (entry.header < free) refuse('entries apart', `\`${entry.name}\` inside another`);
    const begin = dataOf(file, entry, directory, refuse);
    free = begin + entry.bytes;
    // PyTorch writes 0 where it was told to save the time.
    const checksum = entry.checksum === 0 ? undefined : entry.checksum;
    found.set(entry.name, { name: entry.name, begin, end: free, checksum });
  }
  return found;
}

function findDirectory(file: number, size: number, refuse: Refuse): Directory {
  const tailBytes = Math.min(size, endBytes + longestComment + locatorBytes);
  const tail = readBytes(file, size - tailBytes, tailBytes);
  let at = tail.length - endBytes;
  const isEnd = () =>
    tail.readUInt32LE(at) === signatures.end &&
    at + endBytes + tail.readUInt16LE(at + 20) === tail.length;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) return refuse('a whole zip file', 'none, or the beginning of one');

  const locator = at - locatorBytes;
  const isZip64 = locator >= 0 && tail.readUInt32LE(locator) === signatures.zip64Locator;
  const end = size - tailBytes + (isZip64 ? locator : at);
  const directory = isZip64
    ? zip64Directory(file, tail.readBigUInt64LE(locator + 8), end, refuse)
    : {
        entries: tail.readUInt16LE(at + 10),
        bytes: tail.readUInt32LE(at + 12),
        begin: tail.readUInt32LE(at + 16),
      };
  if (directory.begin + directory.bytes > end || directory.bytes > largestDirectory) {
    refuse('a list of entries', `one of ${directory.bytes} bytes at byte ${directory.begin}`);
  }
  return directory;
}

function zip64Directory(file: number, position: bigint, end: number, refuse: Refuse): Directory {
  if (position + BigInt(zip64EndBytes) > BigInt(end)) {
    return refuse('the end of a zip file', `a reference to byte ${position}`);
  }
  const record = readBytes(file, Number(position), zip64EndBytes);
  if (record.readUInt32LE(0) !== signatures.zip64End) {
    return refuse('the end of a zip file', 'other bytes');
  }
  return {
    entries: Number(record.readBigUInt64LE(32)),
    bytes: Number(record.readBigUInt64LE(40)),
    begin: Number(record.readBigUInt64LE(48)),
  };
}

function readDirectory(file: number, directory: Directory, refuse: Refuse): ListedEntry[] {
  const bytes = readBytes(file, directory.begin, directory.bytes);
  const entries: ListedEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const fixed = bytes.subarray(at, at + 46);
    if (fixed.length < 46 || fixed.readUInt32LE(0) !== signatures.listedEntry) {
      return refuse('a list of entries', 'other bytes');
    }
    const nameEnd = at + 46 + fixed.readUInt16LE(28);
    const extraEnd = nameEnd + fixed.readUInt16LE(30);
    at = extraEnd + fixed.readUInt16LE(32);
    if (at > bytes.length) return refuse('a list of entries', 'one that is cut off');
    const name = bytes.toString('utf8', nameEnd - fixed.readUInt16LE(28), nameEnd);
    entries.push(parseEntry(name, fixed, bytes.subarray(nameEnd, extraEnd), refuse));
  }
  if (entries.length !== directory.entries) {
    refuse(`${directory.entries} entries`, `${entries.length}`);
  }
  return entries;
}

function parseEntry(name: string, fixed: Buffer, extra: Buffer, refuse: Refuse): ListedEntry {
  const isEncrypted = (fixed.readUInt16LE(8) & 1) !== 0;
  if (isEncrypted) refuse('entries without encryption', `\`${name}\` encrypted`);
  if (fixed.readUInt16LE(10) !== 0)
    refuse('entries as PyTorch stores them', `\`${name}\` compressed`);
  const parts = name.split('/');
  if (parts.includes('..') || parts.includes('') || /[\\\0]/.test(name)) {
    refuse('entries below one folder', `one named ${JSON.stringify(name)}`);
  }
  const large = zip64Values(extra);
  const wide = (at: number): number => {
    const value = fixed.readUInt32LE(at);
    return value === 0xffffffff ? (large.shift() ?? value) : value;
  };
  // In this order in the extra field.
  const bytes = wide(24);
  const stored = wide(20);
  const header = wide(42);
  if (bytes !== stored) refuse(`${bytes} bytes for \`${name}\``, `${stored}`);
  return { name, bytes, header, checksum: fixed.readUInt32LE(16) };
}

/** The numbers of the extra field that widens what does not fit into 32 bits. */
function zip64Values(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const id = extra.readUInt16LE(at);
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (id === 1 && end <= extra.length) {
      const count = Math.floor((end - at - 4) / 8);
      return Array.from({ length: count }, (_, i) => Number(extra.readBigUInt64LE(at + 4 + 8 * i)));
    }
    at = end;
  }
  return [];
}

/** The first byte behind an entry's local header. */
function dataOf(file: number, entry: ListedEntry, directory: Directory, refuse: Refuse): number {
  const { name, header, bytes } = entry;
  const damaged = () => refuse(`\`${name}\` at byte ${header}`, 'other bytes');
  if (header + 30 > directory.begin) return damaged();
  const fixed = readBytes(file, header, 30);
  const nameBytes = fixed.readUInt16LE(26);
  const begin = header + 30 + nameBytes + fixed.readUInt16LE(28);
  if (fixed.readUInt32LE(0) !== signatures.localHeader || begin > directory.begin) return damaged();
  if (readBytes(file, header + 30, nameBytes).toString('utf8') !== name) return damaged();
  if (begin + bytes > directory.begin) {
    return refuse(`${bytes} bytes of \`${name}\``, `${directory.begin - begin}`);
  }
  return begin;
}
