/** Pickles assembled by hand, as an attacker would. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Tensor } from '../../tensor/tensor.js';
import { readTorchFile } from '../torch-file.js';
import { ZipWriter } from '../zip/zip-writer.js';
import { ForeignTensor, ForeignValue, PickleMap, type PickleTree } from './tree.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unpickle-'));
  file = join(folder, 'model.pth');
});
afterEach(() => rmSync(folder, { recursive: true }));

/**
 * Reads a checkpoint whose pickle is these bytes (as latin1), with one storage of four floats, `0`.
 */
function read(program: string) {
  const pieces: Uint8Array[] = [];
  const archive = new ZipWriter((bytes) => pieces.push(bytes));
  archive.add('x/data.pkl', Buffer.from(program, 'latin1'));
  archive.add('x/data/0', new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
  archive.add('x/version', Buffer.from('3\n'));
  archive.finish();
  writeFileSync(file, Buffer.concat(pieces));
  return readTorchFile(file);
}

const start = '\x80\x02';
const text = (value: string) => `X${int32(value.length)}${value}`;
const global = (module: string, name: string) => `c${module}\n${name}\n`;
function int32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes.toString('latin1');
}
const int = (value: number) => `J${int32(value)}`;
const tuple = (...items: string[]) => `(${items.join('')}t`;
const storage = ({ key = '0', elements = 4, type = 'FloatStorage' } = {}) =>
  `${tuple(text('storage'), global('torch', type), text(key), text('cpu'), int(elements))}Q`;
const rebuild = global('torch._utils', '_rebuild_tensor_v2');
function tensor(shape: number[], strides: number[], offset = 0, from = storage()): string {
  const sizes = tuple(...shape.map(int));
  const steps = tuple(...strides.map(int));
  const hooks = `${global('collections', 'OrderedDict')})R`;
  return `${rebuild}${tuple(from, int(offset), sizes, steps, '\x89', hooks)}R`;
}

const scalar = (type: string, bytes: string, order = '<') => {
  const made = `${global('numpy', 'dtype')}${tuple(text(type), '\x89', '\x88')}R`;
  const ordered = `${made}${tuple('K\x03', text(order), 'N', 'N', 'N')}b`;
  const length = String.fromCharCode(bytes.length);
  return `${global('numpy.core.multiarray', 'scalar')}${ordered}C${length}${bytes}\x86R`;
};
const oldObject = `${global('copy_reg', '_reconstructor')}${tuple(
  global('a', 'B'),
  global('__builtin__', 'object'),
  'N',
)}R`;

describe('readTorchFile', () => {
  test('rebuilds transposed, overlapping and expanded views', () => {
    const views = [
      tensor([2, 2], [1, 2]),
      tensor([3, 2], [1, 1]),
      tensor([2, 2], [0, 1], 2),
      tensor([0, 9], [9, 1], 4),
    ];
    const values = read(`${start}(${views.join('')}t.`) as Tensor[];
    expect(values.map((value) => [...value.toArray()])).toEqual([
      [1, 3, 2, 4],
      [1, 2, 2, 3, 3, 4],
      [3, 4, 3, 4],
      [],
    ]);
  });

  test('takes attributes for data, whatever their names', () => {
    const names = `}(${text('__proto__')}K\x01${text('constructor')}K\x02u`;
    const map = read(`${start}${global('argparse', 'Namespace')})\x81${names}b.`) as PickleMap;
    expect([...map]).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  test.each([
    ['os.system', `${global('os', 'system')}${text('touch /tmp/x')}\x85R`, 'os.system'],
    ['posix.system', `${global('posix', 'system')}${text('id')}\x85R`, 'posix.system'],
    ['builtins.eval', `${global('builtins', 'eval')}${text('1')}\x85R`, 'builtins.eval'],
    ['Python 2', `${global('__builtin__', 'eval')}${text('1')}\x85R`, '__builtin__.eval'],
    ['names on the stack', `${text('builtins')}${text('exec')}\x93`, 'builtins.exec'],
    [
      'names below known modules',
      `${text('torch')}${text('serialization.os.system')}\x93`,
      'torch.serialization.os.system',
    ],
    ['classes to be made', `${global('subprocess', 'Popen')})\x81`, 'subprocess.Popen'],
    ['names nobody calls', `}${text('a')}${global('os', 'system')}s`, 'os.system'],
  ])('refuses by name: %s', (_, program, name) => {
    expect(() => read(`${start}${program}.`)).toThrow(
      `Expected tensors and plain data in ${file} but got \`${name}\`.\nNothing of the file was executed.`,
    );
  });

  test.each([
    ['properties of objects', global('constructor', 'constructor'), 'constructor.constructor'],
    ['loading in loading', `${global('torch', 'load')}${text('x')}\x85R`, 'torch.load'],
    ['an object with attributes', `${global('a', 'B')})\x81}${text('x')}K\x01sb`, 'a.B'],
    ['an object of names', `${global('a', 'B')})}\x92`, 'a.B'],
    ['an object of the oldest protocol', oldObject, 'a.B'],
    ['a list of a class of its own', `${global('a', 'B')})\x81(K\x01K\x02e`, 'a.B'],
    ['a class as a value', global('collections', 'OrderedDict'), 'collections.OrderedDict'],
    ['a storage as a value', storage(), 'storage 0'],
    ['a storage class as a value', global('torch', 'FloatStorage'), 'torch.FloatStorage'],
    ['an encoding', `${global('_codecs', 'encode')}${text('a')}${text('rot13')}\x86R`, '_codecs'],
    [
      'a tensor of a type we lack',
      tensor([2], [1], 0, storage({ type: 'QInt32Storage' })),
      'torch.Tensor',
    ],
  ])('passes over %s', (_, program, name) => {
    const map = read(`${start}}(${text('odd')}${program}${text('even')}K\x02u.`) as PickleMap;
    expect(map.get('even')).toBe(2);
    const odd = map.get('odd') as ForeignValue;
    expect(odd).toBeInstanceOf(ForeignValue);
    expect(odd.name).toContain(name);
  });

  test.each<[string, string, PickleTree]>([
    [
      'a path',
      `${global('pathlib', 'PosixPath')}${tuple(text('/'), text('a'), text('b'))}R`,
      '/a/b',
    ],
    ['a relative path', `${global('pathlib', 'PosixPath')}${tuple(text('a'), text('b'))}R`, 'a/b'],
    ['a date', `${global('datetime', 'date')}C\x04\x07\xe8\x02\x1d\x85R`, '2024-02-29'],
    [
      'a time',
      `${global('datetime', 'datetime')}C\x0a\x07\xe8\x02\x1d\x0c\x05\x09\0\0\0\x85R`,
      '2024-02-29T12:05:09',
    ],
    ['a set', `${global('__builtin__', 'set')}](K\x01K\x02e\x85R`, [1, 2]],
    ['a set of protocol 4', '\x8f(K\x01K\x02\x90', [1, 2]],
    ['a frozen set', '(K\x01K\x02\x91', [1, 2]],
    ['a number of NumPy', scalar('f8', '\0\0\0\0\0\x50\x54\x40'), 81.25],
    ['an integer of NumPy', scalar('i8', '\xfe\xff\xff\xff\xff\xff\xff\xff'), -2],
    ['a truth of NumPy', scalar('b1', '\x01'), true],
    ['a number of NumPy, high byte first', scalar('i2', '\x01\x02', '>'), 258],
    ['a text of 8-byte length', '\x8d\x01\0\0\0\0\0\0\0x', 'x'],
    ['an entry under a tuple', '})K\x01sK\x01K\x02s0K\x07', 7],
  ])('reads %s', (_, program, value) => {
    expect(read(`${start}${program}.`)).toEqual(value);
  });

  test('reads counts, factories of dicts, and arrays of NumPy', () => {
    const counts = read(`${start}${global('collections', 'Counter')}}${text('a')}K\x03s\x85R.`);
    expect(counts).toEqual(new PickleMap([['a', 3]]));
    const list = global('__builtin__', 'list');
    const factory = `${global('collections', 'defaultdict')}${list}\x85R${text('a')}K\x01s`;
    expect(read(`${start}${factory}.`)).toEqual(new PickleMap([['a', 1]]));
    const bytes = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer).toString('latin1');
    const type = `${global('numpy', 'dtype')}${tuple(text('f4'), '\x89', '\x88')}R`;
    const array = (isColumnMajor: string) => {
      const state = tuple('K\x01', tuple('K\x02', 'K\x03'), type, isColumnMajor, `C\x18${bytes}`);
      const empty = `${global('numpy.core.multiarray', '_reconstruct')}`;
      const made = `${empty}${tuple(global('numpy', 'ndarray'), tuple('K\0'), 'C\x01b')}R`;
      return `${made}${state}b`;
    };
    const rows = read(`${start}${array('\x89')}.`) as Tensor;
    expect([rows.shape, [...rows.toArray()]]).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
    const columns = read(`${start}${array('\x88')}.`) as Tensor;
    expect([columns.shape, [...columns.toArray()]]).toEqual([
      [2, 3],
      [1, 3, 5, 2, 4, 6],
    ]);
  });

  test.each([
    ['calls of plain data', `${text('eval')})R`, 'a call of another value'],
    ['calls of results', `${global('collections', 'OrderedDict')})R)R`, 'a call of another value'],
    ['attributes of a list', ']}b', 'another value'],
    ['attributes of a tensor', `${tensor([1], [1])}}b`, 'another value'],
    ['unknown references', `${tuple(text('module'), text('x'))}Q`, 'another reference'],
    ['instructions that call by name', `(i${'os\nsystem\n'}`, 'instruction 105 at byte'],
    ['extension codes', '\x82\x01', 'instruction 130 at byte'],
    ['persistent ids as texts', 'Px\n', 'instruction 80 at byte'],
  ])('refuses %s', (_, program, found) => {
    expect(() => read(`${start}${program}.`)).toThrow(/^Expected /);
    expect(() => read(`${start}${program}.`)).toThrow(found);
  });

  test.each([
    ['an empty stack', '0', 'one that uses a value it has not made'],
    ['values below a mark', 'K\x01(0', 'one that uses a value it has not made'],
    ['no mark', 'K\x01t', 'a group without a beginning'],
    ['an unknown memo number', 'h\x07', 'a known memo number'],
    ['a huge memo number', 'K\x01r\xff\xff\xff\xff', 'memo numbers up to 4194304'],
    ['a text longer than the file', 'X\xff\xff\xff\xffabc', 'but got the end at'],
    ['bytes longer than the file', 'B\xff\xff\xff\x7fabc', 'but got the end at'],
    ['a name without end', `c${'x'.repeat(2000)}`, 'names of at most 1000 bytes'],
    ['protocol 6', '\x80\x06N', 'protocol 6'],
  ])('refuses a pickle with %s', (_, program, part) => {
    expect(() => read(`${start}${program}.`)).toThrow(/^Expected .* but got .*\.$/);
    expect(() => read(`${start}${program}.`)).toThrow(part);
  });

  test('refuses a pickle without end', () => {
    expect(() => read(`${start}K\x01`)).toThrow('but got the end at');
  });

  test('refuses what would overflow the stack or the memory of a reader', () => {
    const nested = `${']'.repeat(100_000)}${'a'.repeat(99_999)}`;
    const levels = 'at most 100 levels of lists and dicts';
    expect(() => read(`${start}${nested}.`)).toThrow(levels);
    // Lists of ten times the list before.
    const laughs = Array.from(
      { length: 20 },
      (_, i) => `]q${String.fromCharCode(i + 1)}(${`h${String.fromCharCode(i)}`.repeat(10)}e`,
    );
    expect(() => read(`${start}]q\x00${laughs.join('')}.`)).toThrow('at most 4194304 values');
    expect(() => read(`${start}${'N'.repeat(2 ** 22 + 1)}.`)).toThrow('at most 4194304 values');
    expect(() => read(`${start}${'('.repeat(2 ** 22 + 1)}.`)).toThrow('at most 4194304 groups');
  });

  test('passes over values inside themselves, and keeps what stands beside them', () => {
    const inside = new ForeignValue('a value that contains itself');
    expect(read(`${start}]q\x00(h\x00K\x07e.`)).toEqual([inside, 7]);
    const pair = read(`${start}}q\x00${text('a')}}${text('b')}h\x00ss.`) as PickleMap;
    expect((pair.get('a') as PickleMap).get('b')).toEqual(inside);
  });

  test('names tensors of kinds that are not read', () => {
    const kindOf = (program: string) => {
      const value = read(`${start}${program}.`);
      return value instanceof ForeignTensor ? value.kind : value;
    };
    expect(kindOf(tensor([1], [1], 0, storage({ type: 'CharStorage' })))).toBe('a tensor of int8');
    const made = (name: string) => `${global('torch._utils', name)})R`;
    expect(kindOf(made('_rebuild_sparse_tensor'))).toBe('a sparse tensor');
    expect(kindOf(made('_rebuild_meta_tensor_no_storage'))).toMatch(/^a meta tensor/);
    const type = global('torch.storage', 'UntypedStorage');
    const raw = `${tuple(text('storage'), type, text('0'), text('cpu'), int(16))}Q`;
    const sizes = [int(0), tuple(int(1)), tuple(int(1)), '\x89', 'N'];
    const untyped = `${tuple(raw, ...sizes, global('torch', 'float8_e4m3fn'))}R`;
    const third = global('torch._utils', '_rebuild_tensor_v3');
    expect(kindOf(`${third}${untyped}`)).toBe('a tensor of float8_e4m3fn');
  });

  test('refuses to copy large values over and over again', () => {
    const tooMany = 'at most 4194304 values';
    const pairs = Array.from({ length: 999 }, (_, i) => `${int(i)}N\x86`).join('');
    const list = `](${pairs}eq\x000`;
    const dict = `${global('collections', 'OrderedDict')}h\x00\x85R0`;
    expect(() => read(`${start}${list}${dict.repeat(5000)}N.`)).toThrow(tooMany);
    const state = `}(${Array.from({ length: 999 }, (_, i) => `${int(i)}N`).join('')}uq\x000`;
    const namespace = `${global('argparse', 'Namespace')})\x81h\x00b0`;
    expect(() => read(`${start}${state}${namespace.repeat(5000)}N.`)).toThrow(tooMany);
    const long = `${text('x'.repeat(1e6))}q\x000${text('latin1')}q\x010`;
    const bytes = `${global('_codecs', 'encode')}h\x00h\x01\x86R0`;
    expect(() => read(`${start}${long}${bytes.repeat(20)}N.`)).toThrow(
      /texts of at most \d+ bytes/,
    );
    expect(() => read(`${start}${'}'.repeat(2 ** 20)}.`)).toThrow(tooMany);
  });

  test('shows no control characters of the file', () => {
    expect(() => read(`${start}${text('a\x1b[2J.os')}${text('c')}\x93.`)).toThrow(
      'but got `a\\x1b[2J.os.c`.',
    );
  });

  test.each([
    ['a tensor beyond its storage', tensor([5], [1])],
    ['a stride beyond its storage', tensor([2, 2], [3, 1])],
    ['an offset beyond its storage', tensor([1], [1], 4)],
    ['a negative offset', tensor([1], [1], -1)],
    ['a negative stride', tensor([2], [-1], 1)],
    ['a negative size', tensor([-1], [1])],
    ['fewer strides than sizes', tensor([2, 2], [1])],
    ['sizes that are no numbers', `${rebuild}${tuple(storage(), int(0), '](NNe', tuple())}R`],
    ['more elements than can be counted', tensor(Array(8).fill(2 ** 30), Array(8).fill(0))],
    ['a tensor of no storage', `${rebuild}${tuple('N', int(0), tuple(), tuple())}R`],
    ['too many dimensions', tensor(Array(33).fill(1), Array(33).fill(1))],
    ['a storage that is not there', tensor([1], [1], 0, storage({ key: '1' }))],
    ['a storage outside its folder', tensor([1], [1], 0, storage({ key: '../version' }))],
    ['a storage of another size', tensor([1], [1], 0, storage({ elements: 3 }))],
    ['a storage of another type', tensor([1], [1], 0, storage({ type: 'DoubleStorage' }))],
    ['a storage of a negative size', tensor([0], [1], 0, storage({ elements: -1 }))],
    [
      'two sizes of one storage',
      `${tensor([1], [1])}${tensor([1], [1], 0, storage({ elements: 5 }))}\x86`,
    ],
  ])('refuses %s', (_, program) => {
    expect(() => read(`${start}${program}.`)).toThrow(/^Expected .* but got .*\.$/);
  });

  test('refuses a few bytes that stand for a huge tensor', () => {
    expect(() => read(`${start}${tensor([2 ** 30], [0])}.`)).toThrow(
      /tensors of at most \d+ bytes/,
    );
    const many = tensor([2 ** 17], [0]).repeat(3);
    expect(() => read(`${start}(${many}t.`)).toThrow(/tensors of at most \d+ bytes/);
  });
});
