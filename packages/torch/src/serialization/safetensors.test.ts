import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixturePath } from '../../test/fixtures.js';
import { SerializationError } from '../addon/errors.js';
import { memory } from '../device/memory.js';
import { arange, ones, zeros } from '../generated/operators.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
  file = join(folder, 'model.safetensors');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file with this header, whatever it says. */
function writeRaw(header: string, data: Uint8Array = new Uint8Array(), length?: bigint): void {
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length ?? BigInt(Buffer.byteLength(header)));
  writeFileSync(file, Buffer.concat([start, Buffer.from(header), data]));
}

/** A header of that many names. */
function manyNames(count: number): string {
  return `{${Array.from({ length: count }, (_, i) => `"${i}":{}`).join(',')}}`;
}

const entry = (dtype: unknown, shape: unknown, offsets: unknown) => ({
  dtype,
  shape,
  data_offsets: offsets,
});

describe('writeSafetensors and readSafetensors', () => {
  test('bring back every dtype, shape and value', () => {
    const written = new Map<string, Tensor>([
      ['bool', tensor([true, false, true])],
      ['u8', tensor(Uint8Array.of(0, 255))],
      [
        'f32',
        tensor([
          [1.5, -0],
          [Number.NaN, Number.NEGATIVE_INFINITY],
        ]),
      ],
      ['f64', tensor([Math.PI], { dtype: 'f64' })],
      ['f16', tensor([0.1, 65504], { dtype: 'f16' })],
      ['bf16', tensor([0.1, 3e38], { dtype: 'bf16' })],
      ['i64', tensor(BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n))],
      ['i32', tensor(Int32Array.of(-(2 ** 31)), { shape: [] })],
      ['empty', zeros([3, 0, 2])],
      ['__proto__', ones([1])],
      ['blocks.0.naïve "name"\n', ones([1])],
    ]);
    writeSafetensors(file, written, { metadata: { format: 'pt', note: 'é' } });
    const { tensors, metadata } = readSafetensors(file);
    expect(metadata).toEqual({ format: 'pt', note: 'é' });
    expect([...tensors.keys()].sort()).toEqual([...written.keys()].sort());
    for (const [name, value] of written) {
      const read = tensors.get(name) as Tensor;
      expect(read.dtype).toBe(value.dtype);
      expect(read.shape).toEqual(value.shape);
      expect(read.toArray()).toEqual(value.toArray());
    }
  });

  test('aligns every tensor, and the data', () => {
    writeSafetensors(
      file,
      new Map([
        ['a', tensor([true])],
        ['b', tensor([1], { dtype: 'f64' })],
      ]),
    );
    const bytes = readFileSync(file);
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
      a: entry('BOOL', [1], [8, 9]),
      b: entry('F64', [1], [0, 8]),
    });
  });

  test('write views and trained tensors by value', () => {
    const trained = arange(0, 6, { dtype: 'f32' }).reshape([2, 3]);
    trained.requiresGrad = true;
    writeSafetensors(file, new Map([['t', trained.t()]]));
    const { tensors } = readSafetensors(file);
    expect([...(tensors.get('t') as Tensor).toArray()]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('hold no tensor but those they return', () => {
    const written = new Map([['a', tensor([true, false])]]);
    writeSafetensors(file, written);
    const before = memory().tensors;
    const { tensors } = readSafetensors(file);
    expect(memory().tensors - before).toBe(1);
    expect([...tensors.keys()]).toEqual(['a']);
  });

  test('take a file of no tensors', () => {
    writeSafetensors(file, new Map());
    expect(readSafetensors(file)).toEqual({
      tensors: new Map(),
      foreign: new Map(),
      metadata: {},
    });
  });

  test('keep metadata of many megabytes, however it is escaped', () => {
    const names = JSON.stringify(Array.from({ length: 3e5 }, (_, i) => `a\\"b\\\\/image_${i}.jpg`));
    writeSafetensors(file, new Map([['a', ones([1])]]), { metadata: { names } });
    expect(names.length).toBeGreaterThan(8.4e6);
    expect(readSafetensors(file).metadata.names === names).toBe(true);
  });

  test('make booleans of any byte', () => {
    writeRaw(JSON.stringify({ a: entry('BOOL', [3], [0, 3]) }), Uint8Array.of(0, 1, 7));
    const { tensors } = readSafetensors(file);
    expect([...(tensors.get('a') as Tensor).toArray()]).toEqual([0, 1, 1]);
  });
});

describe('writeSafetensors', () => {
  const one = new Map([['a', ones([1])]]);

  test('replaces the old file and leaves nothing else', () => {
    writeSafetensors(file, one);
    writeSafetensors(file, new Map([['b', ones([2])]]));
    expect([...readSafetensors(file).tensors.keys()]).toEqual(['b']);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  test('keeps the old file when the disk is full', () => {
    writeSafetensors(file, one);
    // Every write to this device fails as on a full disk.
    symlinkSync('/dev/full', `${file}.partial`);
    expect(() => writeSafetensors(file, new Map([['b', ones([2])]]))).toThrow(
      new SerializationError(`Expected to write ${file} but got: no space left on device.`),
    );
    expect([...readSafetensors(file).tensors.keys()]).toEqual(['a']);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  test('names a folder that is not there, and a folder in the place of the file', () => {
    const lost = join(folder, 'no', 'model.safetensors');
    expect(() => writeSafetensors(lost, one)).toThrow(
      `Expected to write ${lost} but got: no such file or directory.`,
    );
    mkdirSync(file);
    expect(() => writeSafetensors(file, one)).toThrow(SerializationError);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  test('refuses metadata that no reader would take, and leaves nothing', () => {
    const metadata = { names: 'a'.repeat(100 * 2 ** 20) };
    expect(() => writeSafetensors(file, one, { metadata })).toThrow(
      'Expected names and metadata of at most 104857600 bytes for safetensors but got 1048576',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('refuses the name that the format keeps for itself', () => {
    expect(() => writeSafetensors(file, new Map([['__metadata__', ones([1])]]))).toThrow(
      SerializationError,
    );
  });
});

describe('readSafetensors', () => {
  test('refuses a folder, and waits for no pipe', () => {
    expect(() => readSafetensors(folder)).toThrow(`Expected to read ${folder} but got a folder.`);
    execFileSync('mkfifo', [file]);
    expect(() => readSafetensors(file)).toThrow(
      `Expected to read ${file} but got no regular file.`,
    );
  });

  test('names a file that is not there', () => {
    expect(() => readSafetensors(file)).toThrow(
      `Expected to read ${file} but got: no such file or directory.`,
    );
  });

  test.each([
    ['no bytes', '', undefined, '0 bytes'],
    ['a header longer than the file', '{}', 3n, 'a header of 3 bytes in a file of 10'],
    ['an absurd header', '{}', 2n ** 63n, 'a header of 9223372036854775808 bytes in a file of 10'],
  ])('refuses %s', (_, header, length, found) => {
    if (length === undefined) writeFileSync(file, header);
    else writeRaw(header, undefined, length);
    expect(() => readSafetensors(file)).toThrow(
      new SerializationError(`Expected a safetensors file in ${file} but got ${found}.`),
    );
  });

  test.each([
    ['no JSON', '{"a"', 'a JSON header'],
    ['JSON of another kind', '[]', 'a header that is a JSON object'],
    ['metadata of numbers', '{"__metadata__":{"a":1}}', '`__metadata__` of strings'],
    ['an entry of another kind', '{"a":1}', 'a dtype out of'],
    ['an unknown dtype', { a: entry('F8', [1], [0, 1]) }, 'a dtype out of'],
    ['a dtype by inheritance', { a: entry('toString', [1], [0, 1]) }, 'a dtype out of'],
    ['a negative size', { a: entry('U8', [-1, -4], [0, 4]) }, 'sizes for `a`'],
    ['a size beyond exact numbers', { a: entry('U8', [2 ** 53, 0], [0, 0]) }, 'sizes for `a`'],
    ['a size of text', { a: entry('U8', ['4'], [0, 4]) }, 'sizes for `a`'],
    ['no size', { a: { dtype: 'U8', data_offsets: [0, 4] } }, 'sizes for `a`'],
    ['no offsets', { a: { dtype: 'U8', shape: [4] } }, 'two offsets for `a`'],
    ['one offset', { a: entry('U8', [4], [0]) }, 'two offsets for `a`'],
    ['fractional offsets', { a: entry('U8', [4], [0.5, 4.5]) }, 'two offsets for `a`'],
    ['offsets that run backwards', { a: entry('U8', [4], [4, 0]) }, '4 bytes for `a`'],
    ['a shape of more bytes', { a: entry('F32', [2], [0, 4]) }, '8 bytes for `a`'],
    ['a shape that overflows', { a: entry('F64', [2 ** 50, 2 ** 50], [0, 4]) }, 'sizes for `a`'],
    ['one of no elements', { a: entry('F64', [2 ** 50, 2 ** 50, 0], [0, 0]) }, 'sizes for `a`'],
    ['a dtype that is an object', { a: entry({ toString: 1 }, [1], [0, 4]) }, 'a dtype out of'],
    ['a deep shape', `{"a":{"shape":${'['.repeat(1e5)}${']'.repeat(1e5)}}}`, 'a JSON header'],
    ['too many values', `{"a":[${'[],'.repeat(2 ** 21)}[]]}`, 'a JSON header'],
    ['more tensors than models have', manyNames(2 ** 17 + 1), 'at most 131072 tensors'],
    [
      'a gap',
      { a: entry('U8', [1], [0, 1]), b: entry('U8', [2], [2, 4]) },
      '`b` to begin at byte 1',
    ],
    [
      'an overlap',
      { a: entry('U8', [3], [0, 3]), b: entry('U8', [2], [2, 4]) },
      '`b` to begin at byte 3',
    ],
    ['tensors past the end', { a: entry('U8', [5], [0, 5]) }, '5 bytes of tensors'],
    ['bytes that no tensor holds', { a: entry('U8', [3], [0, 3]) }, '3 bytes of tensors'],
    [
      'a name twice',
      `{"a":${JSON.stringify(entry('U8', [4], [0, 4]))},"\\u0061":${JSON.stringify(entry('U8', [4], [0, 4]))}}`,
      'every name once',
    ],
  ])('refuses %s', (_, header, expected) => {
    writeRaw(typeof header === 'string' ? header : JSON.stringify(header), new Uint8Array(4));
    const read = () => readSafetensors(file);
    expect(read).toThrow(SerializationError);
    expect(read).toThrow(`Expected ${expected}`);
    expect(read).toThrow(file);
  });

  test('refuses a truncated file', () => {
    writeSafetensors(file, new Map([['a', ones([100])]]));
    const whole = readFileSync(file);
    for (const length of [4, 8, 40, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, length));
      expect(() => readSafetensors(file)).toThrow(SerializationError);
    }
  });
});

describe('readSafetensors', () => {
  test('reads every published file', () => {
    const names = readdirSync(fixturePath('.'), { recursive: true }) as string[];
    for (const name of names.filter((path) => path.endsWith('.safetensors'))) {
      const { tensors } = readSafetensors(fixturePath(name));
      expect(tensors.size).toBeGreaterThan(0);
      for (const value of tensors.values()) value.dispose();
    }
  });

  test('reads back what it writes of one', () => {
    const { tensors } = readSafetensors(fixturePath('um_mae_swin_plain/weights.safetensors'));
    writeSafetensors(file, tensors);
    for (const [name, value] of readSafetensors(file).tensors) {
      expect(value.equal(tensors.get(name) as Tensor)).toBe(true);
    }
  });
});
