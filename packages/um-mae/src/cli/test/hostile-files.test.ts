/** Files made to do harm, each in a way of its own: refused in a sentence, without a stack. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusal, temporaryFolder, writeImages } from '../testing/command-line.js';

const folder = temporaryFolder();
const images = join(folder, 'images');
beforeAll(() => writeImages(images, 2));

const bytes = (text: string) => Buffer.from(text, 'latin1');
const le = (value: number | bigint, width: 2 | 4 | 8): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer.subarray(0, width);
};
const u16 = (...values: number[]) => Buffer.concat(values.map((value) => le(value, 2)));
const u32 = (...values: number[]) => Buffer.concat(values.map((value) => le(value, 4)));
const u64 = (...values: (number | bigint)[]) => Buffer.concat(values.map((value) => le(value, 8)));

function safetensors(header: unknown, data = ''): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  return Buffer.concat([u64(json.length), json, bytes(data)]);
}
const f32 = (shape: readonly number[], ...offsets: number[]) => ({
  dtype: 'F32',
  shape,
  data_offsets: offsets,
});

/** An archive of stored entries. @param twice whether the list has its entry once more */
function zip(pickle: Buffer, { method = 0, twice = false } = {}): Buffer {
  const name = 'archive/data.pkl';
  const fields = [u16(method, 0, 0), u32(0, pickle.length, pickle.length), u16(name.length, 0)];
  const local = Buffer.concat([u32(0x04034b50), u16(20, 0), ...fields, bytes(name), pickle]);
  const listed = [u32(0x02014b50), u16(20, 20, 0), ...fields, u16(0, 0, 0), u32(0, 0), bytes(name)];
  const entries = twice ? [...listed, ...listed] : listed;
  const list = Buffer.concat(entries);
  const count = twice ? 2 : 1;
  const end = [u32(0x06054b50), u16(0, 0, count, count), u32(list.length, local.length), u16(0)];
  return Buffer.concat([local, list, ...end]);
}
const far = 2n ** 63n;
const ofZip64 = Buffer.concat([u32(0x06054b50), u16(0, 0, 65535, 65535), u32(-1 >>> 0, -1 >>> 0)]);
const locator = (place: bigint | number) =>
  Buffer.concat([u32(0x07064b50, 0), u64(place), u32(1), ofZip64, u16(0)]);
const giant = Buffer.concat([
  ...[u32(0x06064b50), u64(44), u16(45, 45), u32(0, 0), u64(far, far, 2n ** 62n, 0)],
]);

const weights: readonly [string, string, Buffer][] = [
  [
    'a header longer than any file',
    'safetensors',
    Buffer.concat([u64(2n ** 64n - 1n), bytes('{}')]),
  ],
  ['a header that is a list', 'safetensors', safetensors([1, 2, 3])],
  ['a header in UTF-16', 'safetensors', Buffer.concat([u64(6), bytes('\xff\xfe{\0}\0')])],
  ['a header that is too deep', 'safetensors', safetensors('['.repeat(90_000))],
  [
    'a tensor of a thousand dimensions',
    'safetensors',
    safetensors({ x: f32(Array(1000).fill(1), 0, 4) }, 'four'),
  ],
  [
    'sizes that overflow beside zero',
    'safetensors',
    safetensors({ x: f32([2 ** 53 - 1, 9, 0], 0, 0) }),
  ],
  [
    'tensors over one another',
    'safetensors',
    safetensors({ x: f32([2], 0, 8), y: f32([1], 4, 8) }, 'eight by'),
  ],
  [
    'a tensor with its name twice',
    'safetensors',
    safetensors(
      `{"x":${JSON.stringify(f32([1], 0, 4))},"x":${JSON.stringify(f32([1], 0, 4))}}`,
      'four',
    ),
  ],
  ['a program', 'pth', zip(bytes('\x80\x02cposix\nsystem\nX\x02\0\0\0id\x85R.'))],
  [
    'a text longer than memory',
    'pth',
    zip(Buffer.concat([bytes('\x80\x04\x8d'), u64(2n ** 62n), bytes('x.')])),
  ],
  [
    'marks without an end',
    'pth',
    zip(bytes(`\x80\x02(${'('.repeat(200_000)}${'t'.repeat(200_000)}.`)),
  ],
  ['a value out of an empty memo', 'pth', zip(bytes('\x80\x02h\x05.'))],
  ['a pickle that is packed', 'pth', zip(bytes('\x80\x02}.'), { method: 8 })],
  ['two entries in one place', 'pth', zip(bytes('\x80\x02}.'), { twice: true })],
  [
    'a list of entries beyond the file',
    'pth',
    Buffer.concat([bytes('PK\x03\x04'), giant, locator(4)]),
  ],
  [
    'a list of entries that is none',
    'pth',
    Buffer.concat([bytes('PK\x03\x04'), locator(4), locator(far)]),
  ],
  ['another format', 'pth', Buffer.concat([bytes('GGUF'), u32(3), u64(far, far)])],
];

describe('um-mae inspect', () => {
  test.each(weights)('refuses %s', async (_, ending, content) => {
    const path = join(folder, `weights.${ending}`);
    writeFileSync(path, content);
    expectPlain(await refusal('inspect', path));
  });
});

const unfolding = Array.from({ length: 9 }, (_, i) => {
  const before = `*a${i}`;
  return `a${i + 1}: &a${i + 1} [${Array(9).fill(before).join(', ')}]`;
});

const recipes: readonly [string, string][] = [
  ['a group in itself', 'a: &a {b: *a}\n'],
  ['an alias of nothing', 'z: *nope\n'],
  ['aliases that unfold to 9 to the power of 9', ['a0: &a0 [x]', ...unfolding].join('\n')],
  ['an object of a program', 'b: !!python/object/apply:os.system [id]\n'],
  ['a group as a key', '? [a]\n: b\n'],
  ['many levels', `a: ${'['.repeat(20_000)}`],
  ['a number of many digits', `batchSize: ${'9'.repeat(500_000)}\n`],
  ['infinite steps', 'batchSize: 1e999\nduration: {steps: .nan}\n'],
  ['the prototype of all objects', '__proto__: {polluted: 1}\nconstructor: {x: 1}\n'],
  ['many documents', '---\na: 1\n'.repeat(10_000)],
  ['more than a megabyte', `# ${'x'.repeat(2 ** 20)}\n`],
  ['escapes of a terminal in a key', '"\\e[2J\\e]0;owned\\a": 1\n'],
];

test.each(recipes)('um-mae pretrain refuses a recipe with %s', async (_, text) => {
  const path = join(folder, 'recipe.yaml');
  writeFileSync(path, text);
  const out = join(folder, 'never');
  expectPlain(await refusal('pretrain', '--recipe', path, '--data', images, '--out', out));
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

/** The header of a member of a tar archive, whose size is any bytes. */
function tar(name: string, size: string, type = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write('0000644\0', 100);
  header.write(size, 124, 12, 'latin1');
  header.write(`${' '.repeat(8)}${type}`, 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
const size = (length: number) => `${length.toString(8).padStart(11, '0')}\0`;
const pax = (record: string) =>
  Buffer.concat([
    ...[tar('p', size(record.length), 'x'), bytes(record.padEnd(512, '\0'))],
    ...[tar('a.png', size(0)), Buffer.alloc(1024)],
  ]);
const parquet = (footer: string) =>
  Buffer.concat([bytes(`PAR1${footer}`), u32(footer.length), bytes('PAR1')]);

const sources: readonly [string, string, Buffer][] = [
  [
    'a member of a negative size',
    'tar',
    Buffer.concat([tar('a.png', '\xff'.repeat(12)), Buffer.alloc(1024)]),
  ],
  [
    'a member larger than any disk',
    'tar',
    Buffer.concat([tar('a.png', `\x80\0\0\0\x7f${'\xff'.repeat(7)}`), Buffer.alloc(1024)]),
  ],
  [
    'a size that is no number',
    'tar',
    Buffer.concat([tar('a.png', '99999999999\0'), Buffer.alloc(1024)]),
  ],
  ['a record longer than its member', 'tar', pax('999999999999 path=x\n')],
  [
    'links alone, to a file outside and in a circle',
    'tar',
    Buffer.concat([
      tar('../../a.png', size(0), '2'),
      tar('b.png', size(0), '1'),
      Buffer.alloc(1024),
    ]),
  ],
  [
    'a footer longer than the file',
    'parquet',
    Buffer.concat([bytes('PAR1'), u32(-1 >>> 0), bytes('PAR1')]),
  ],
  ['lists in lists in its footer', 'parquet', parquet('\x19'.repeat(100_000))],
  ['structures in structures in its footer', 'parquet', parquet('\x1c'.repeat(100_000))],
  [
    'more columns than bytes',
    'parquet',
    parquet(`\x15\x02\x19\xfc\xff\xff\xff\xff\x0f${'\0'.repeat(50)}`),
  ],
  ['null bytes in names', 'txt', bytes('a\0b.png\n'.repeat(1000))],
  ['escapes of a terminal in names', 'txt', bytes('\x1b[2J\x1b]0;owned\x07a.png cat\n')],
  ['quotes without an end', 'csv', bytes(`image,label\n${'"'.repeat(300_000)}`)],
];

test.each(sources)('um-mae data check refuses %s', async (_, ending, content) => {
  const path = join(folder, `source.${ending}`);
  writeFileSync(path, content);
  expectPlain(await refusal('data', 'check', path));
});

/** No letter of a file controls the terminal, and no sentence is without end. */
function expectPlain(sentence: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  expect(sentence).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  expect(sentence.length).toBeLessThan(2000);
}
