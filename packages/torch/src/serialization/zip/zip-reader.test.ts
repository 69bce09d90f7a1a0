import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { refusalIn } from '../refusal.js';
import { readZipEntries } from './zip-reader.js';
import { ZipWriter } from './zip-writer.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zip-'));
  file = join(folder, 'a.zip');
});
afterEach(() => rmSync(folder, { recursive: true }));

function zip(entries: readonly (readonly [name: string, data: string | Uint8Array])[]): Buffer {
  const pieces: Uint8Array[] = [];
  const archive = new ZipWriter((bytes) => pieces.push(bytes));
  for (const [name, data] of entries) archive.add(name, Buffer.from(data));
  archive.finish();
  return Buffer.concat(pieces);
}

function read(bytes: Buffer) {
  writeFileSync(file, bytes);
  const descriptor = openSync(file, 'r');
  try {
    return readZipEntries(descriptor, bytes.length, refusalIn(file));
  } finally {
    closeSync(descriptor);
  }
}

/** Returns the position of the n-th entry of the central directory. */
function listed(bytes: Buffer, n: number): number {
  let at = bytes.indexOf('PK\x01\x02');
  for (let i = 0; i < n; i++) at = bytes.indexOf('PK\x01\x02', at + 1);
  return at;
}

const two = () =>
  zip([
    ['x/a', 'first'],
    ['x/b', 'second'],
  ]);

describe('readZipEntries', () => {
  test('finds what ZipWriter wrote, each at a multiple of 64 bytes', () => {
    const bytes = two();
    const entries = read(bytes);
    expect([...entries.keys()]).toEqual(['x/a', 'x/b']);
    const contents = [...entries.values()].map(({ begin, end }) =>
      bytes.toString('utf8', begin, end),
    );
    expect(contents).toEqual(['first', 'second']);
    for (const { begin } of entries.values()) expect(begin % 64).toBe(0);
  });

  test.each([
    ['..', '../x/data.pkl'],
    ['.. inside', 'x/../../data.pkl'],
    ['an absolute path', '/x/data.pkl'],
    ['a backslash', 'x\\data.pkl'],
    ['a null byte', 'x/a\0b'],
    ['no name', ''],
  ])('refuses entries named with %s', (_, name) => {
    expect(() => read(zip([[name, 'a']]))).toThrow(
      `Expected entries below one folder in ${file} but got one named ${JSON.stringify(name)}.`,
    );
  });

  test('refuses entries listed twice', () => {
    const bytes = zip([
      ['x/a', 'first'],
      ['x/a', 'second'],
    ]);
    expect(() => read(bytes)).toThrow('Expected every entry once');
  });

  test('refuses compressed entries before anything is inflated', () => {
    const bomb = deflateRawSync(Buffer.alloc(2 ** 20));
    const bytes = zip([['x/data.pkl', bomb]]);
    bytes.writeUInt16LE(8, listed(bytes, 0) + 10);
    expect(() => read(bytes)).toThrow('but got `x/data.pkl` compressed.');
  });

  test('refuses encrypted entries', () => {
    const bytes = two();
    bytes.writeUInt16LE(1, listed(bytes, 1) + 8);
    expect(() => read(bytes)).toThrow('but got `x/b` encrypted.');
  });

  test('refuses entries that share bytes', () => {
    const bytes = two();
    // Both lines lead to the first entry.
    const [from, to] = [listed(bytes, 0), listed(bytes, 1)];
    bytes.copyWithin(to, from, to);
    bytes.write('x/b', to + 46);
    expect(() => read(bytes)).toThrow('Expected entries apart');
  });

  test.each([
    ['of more bytes than the file', 2n ** 40n],
    ['of more bytes than can be counted', 2n ** 64n - 1n],
    ['that runs into the list', 300n],
  ])('refuses an entry %s', (_, size) => {
    const bytes = two();
    const extra = listed(bytes, 1) + 46 + 3 + 4;
    bytes.writeBigUInt64LE(size, extra);
    bytes.writeBigUInt64LE(size, extra + 8);
    expect(() => read(bytes)).toThrow(/^Expected \d+ bytes of `x\/b` in .* but got \d+\.$/);
  });

  test('refuses an entry whose header is elsewhere, or another', () => {
    const beyond = two();
    beyond.writeBigUInt64LE(2n ** 63n, listed(beyond, 1) + 46 + 3 + 4 + 16);
    expect(() => read(beyond)).toThrow('but got other bytes.');
    const renamed = two();
    renamed.write('x/c', listed(renamed, 1) + 46);
    expect(() => read(renamed)).toThrow('but got other bytes.');
  });

  test('refuses a list that is longer, shorter or elsewhere', () => {
    const end = (bytes: Buffer) => bytes.indexOf('PK\x06\x06');
    for (const [field, value] of [
      [32, 3n],
      [40, 50n],
      [40, 2n ** 50n],
      [48, 0n],
      [48, 2n ** 60n],
    ] as const) {
      const bytes = two();
      bytes.writeBigUInt64LE(value, end(bytes) + field);
      expect(() => read(bytes), `${field} ${value}`).toThrow(/^Expected .* but got .*\.$/);
    }
  });

  test('refuses a list that does not end where it should', () => {
    const bytes = two();
    bytes.writeBigUInt64LE(2n ** 62n, bytes.indexOf('PK\x06\x07') + 8);
    expect(() => read(bytes)).toThrow('the end of a zip file');
  });

  test('refuses what is no zip file, and empty ones', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('PK\x03\x04'), Buffer.alloc(70_000, 'PK')]) {
      expect(() => read(bytes)).toThrow('Expected a whole zip file');
    }
  });
});
