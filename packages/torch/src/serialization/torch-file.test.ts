import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtureCase, fixturePath, hasFixture } from '../../test/fixtures.js';
import { memory } from '../device/memory.js';
import { arange } from '../generated/operators.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import { PickleMap } from './pickle/tree.js';
import { readTorchFile, stateDict, writeTorchFile } from './torch-file.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'torch-file-'));
  file = join(folder, 'model.pth');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A Python with PyTorch, where there is one. */
const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import torch']).status === 0,
);
const needsPython = '(needs a python3 with torch)';

/** A leaf or a container, as the cases describe it. */
interface Described {
  readonly type?: string;
  readonly items?: readonly unknown[];
  readonly value?: unknown;
  readonly dtype?: string;
  readonly shape?: readonly number[];
  readonly sha256_16?: string;
}

/** A zip file with the zeros that PyTorch writes where it computes no checksums. */
function withoutChecksums(zip: Buffer): Buffer {
  const changed = Buffer.from(zip);
  for (let at = zip.indexOf('PK\x01\x02'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 1)) {
    changed.writeUInt32LE(0, at + 16);
  }
  return changed;
}

const dtypes: Readonly<Record<string, string>> = {
  f32: 'float32',
  f64: 'float64',
  f16: 'float16',
  bf16: 'bfloat16',
  i64: 'int64',
  i32: 'int32',
  u8: 'uint8',
  bool: 'bool',
};

const leaves: Readonly<Record<string, unknown>> = {
  NoneType: null,
  bytes: Buffer.from('bytes'),
  device: 'cpu',
  dtype: 'torch.float32',
};

function expectSame(found: unknown, described: Described): void {
  if (described.sha256_16 !== undefined) {
    const value = found as Tensor;
    const bytes = new Uint8Array(value.toArray().buffer);
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    expect([dtypes[value.dtype], value.shape, hash]).toEqual([
      described.dtype,
      described.shape,
      described.sha256_16,
    ]);
  } else if (found instanceof PickleMap) {
    const items = described.items as readonly (readonly [string | number, Described])[];
    expect([...found.keys()]).toEqual(items.map(([key]) => key));
    for (const [key, item] of items) expectSame(found.get(key), item);
  } else if (Array.isArray(found)) {
    expect(found).toHaveLength(described.items?.length ?? -1);
    for (const [i, item] of found.entries()) expectSame(item, described.items?.[i] as Described);
  } else if (typeof found === 'bigint') expect(String(found)).toBe(described.value);
  else if (described.type !== undefined && described.type in leaves) {
    expect(found).toEqual(leaves[described.type]);
  } else expect(found).toBe(described.value ?? Number.POSITIVE_INFINITY);
}

describe('published checkpoints', () => {
  const names = [
    'um_mae_swin_zip',
    'mae_vit_zip',
    'mae_vit_legacy',
    'torture_zip',
    'torture_legacy',
  ];

  test.each(names.filter((name) => hasFixture(`checkpoints/${name}.pth`)))(
    '%s is read to the last value',
    (name) => {
      type File = { readonly content: Described; readonly model_metadata_keys?: readonly string[] };
      const { content, model_metadata_keys: modules } = fixtureCase<Record<string, File>>(
        'checkpoints',
        'files',
      )[`${name}.pth`] as File;
      const tree = readTorchFile(fixturePath(`checkpoints/${name}.pth`)) as PickleMap;
      expectSame(tree, content);
      if (!modules) return;
      const model = tree.get('model') as PickleMap;
      const metadata = model.attributes?.get('_metadata') as PickleMap;
      // The case gives the first ones, and an ellipsis.
      expect([...metadata.keys()].slice(0, modules.length - 1)).toEqual(modules.slice(0, -1));
    },
  );
});

describe('writeTorchFile and readTorchFile', () => {
  test('bring back tensors of every type, shape and stride, and plain data', () => {
    const grid = arange(0, 6, { dtype: 'f32' }).reshape([2, 3]);
    const written = new Map(
      [
        tensor([true, false]),
        tensor(Uint8Array.of(0, 255)),
        tensor([0.1, 65504], { dtype: 'f16' }),
        tensor([0.1, 3e38], { dtype: 'bf16' }),
        tensor([Math.PI, -0], { dtype: 'f64' }),
        tensor(BigInt64Array.of(-(2n ** 63n))),
        tensor(Int32Array.of(-7), { shape: [] }),
        tensor([], { shape: [3, 0] }),
        grid.t(),
        grid.slice({ dim: 1, step: 2 }),
      ].map((value, i) => [`tensor.${i}`, value]),
    );
    const plain = { epoch: 199, big: -(2n ** 70n), rate: 1.5e-4, list: [1, -2, 2 ** 40, null] };
    writeTorchFile(file, { model: written, ...plain, zero: -0, far: Number.NEGATIVE_INFINITY });
    const read = readTorchFile(file) as PickleMap;
    const state = stateDict(read.get('model')) ?? new Map<string, Tensor>();
    expect([...state.keys()]).toEqual([...written.keys()]);
    for (const [name, value] of written) {
      const { dtype, shape } = state.get(name) as Tensor;
      expect({ dtype, shape }).toEqual({ dtype: value.dtype, shape: value.shape });
      expect((state.get(name) as Tensor).toArray()).toEqual(value.toArray());
    }
    for (const [name, value] of Object.entries(plain)) expect(read.get(name)).toEqual(value);
    expect(read.get('zero')).toBe(-0);
    expect(read.get('far')).toBe(Number.NEGATIVE_INFINITY);
  });

  test('hold no tensor but those they return, and share storages', () => {
    const shared = tensor([1, 2]);
    writeTorchFile(file, { a: shared, b: shared });
    const before = memory();
    const read = readTorchFile(file) as PickleMap;
    expect(memory().tensors - before.tensors).toBe(2);
    expect(memory().bytes - before.bytes).toBeLessThan(2 * 64 + 1);
    expect((read.get('a') as Tensor).toArray()).toEqual((read.get('b') as Tensor).toArray());
  });

  test('write equal files for equal values, with every storage aligned', () => {
    const value = { a: tensor([1, 2, 3]), naïve: tensor([true]) };
    writeTorchFile(file, value);
    const bytes = readFileSync(file);
    writeTorchFile(file, value);
    expect(readFileSync(file)).toEqual(bytes);
    const at = bytes.indexOf(Buffer.from(Float32Array.of(1, 2, 3).buffer));
    expect(at).toBeGreaterThan(0);
    expect(at % 64).toBe(0);
  });
});

describe.skipIf(!python)(`PyTorch ${needsPython}`, () => {
  const run = (program: string) =>
    execFileSync(python ?? '', ['-c', `import torch\n${program}`, file], { encoding: 'utf8' });

  test('loads what we write with weights_only, bit for bit', () => {
    const grid = arange(0, 6, { dtype: 'f32' }).reshape([2, 3]);
    writeTorchFile(file, { model: { t: grid.t(), h: tensor([0.1], { dtype: 'bf16' }) }, epoch: 3 });
    const program = `import sys
x = torch.load(sys.argv[1], weights_only=True)
print(x['epoch'], x['model']['t'].tolist(), x['model']['h'].dtype, x['model']['h'].view(torch.int16).tolist())`;
    expect(run(program).trim()).toBe(
      '3 [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]] torch.bfloat16 [15821]',
    );
  });

  test.each(['True', 'False'])('writes what we read, zip form %s', (zip) => {
    run(`import sys
x = torch.arange(12.).reshape(3, 4)
torch.save({'a': x.t(), 'b': x[1], 'n': 5, 'p': torch.nn.Parameter(x[:, 0])}, sys.argv[1],
           _use_new_zipfile_serialization=${zip})`);
    const read = readTorchFile(file) as PickleMap;
    expect([...(read.get('b') as Tensor).toArray()]).toEqual([4, 5, 6, 7]);
    expect([...(read.get('p') as Tensor).toArray()]).toEqual([0, 4, 8]);
    expect((read.get('a') as Tensor).shape).toEqual([4, 3]);
    expect(read.get('n')).toBe(5);
  });

  test('fills the memory of its optimizers with ours', () => {
    const value = tensor([1]);
    const moments = { step: tensor(2), exp_avg: value, exp_avg_sq: value };
    writeTorchFile(file, {
      state: new Map([[0, moments]]),
      param_groups: [
        { lr: 0.5, betas: [0.9, 0.95], eps: 1e-8, weight_decay: 0, amsgrad: false, params: [0] },
      ],
    });
    const program = `import sys
p = torch.nn.Parameter(torch.ones(1)); p.grad = torch.ones(1)
o = torch.optim.AdamW([p]); o.load_state_dict(torch.load(sys.argv[1])); o.step()
print(o.param_groups[0]['lr'], o.state[p]['step'].item())`;
    expect(run(program).trim()).toBe('0.5 3.0');
  });
});

describe('readTorchFile', () => {
  test.each([
    ['no bytes', '', 'an empty file'],
    ['other files', '{"a": 1}', 'a file that begins with 7b226122'],
    ['other pickles', '\x80\x02K\x01.', 'another pickle'],
  ])('refuses %s', (_, content, found) => {
    writeFileSync(file, content, 'latin1');
    expect(() => readTorchFile(file)).toThrow(
      `Expected a PyTorch checkpoint in ${file} but got ${found}.`,
    );
  });

  test('refuses a storage that claims more than memory could hold', () => {
    writeTorchFile(file, { weight: tensor(new Float64Array(70_000)) });
    const bytes = readFileSync(file);
    const count = Buffer.from([0x4a, 0x70, 0x11, 0x01, 0x00]);
    bytes.writeInt32LE(2 ** 31 - 1, bytes.indexOf(count) + 1);
    writeFileSync(file, withoutChecksums(bytes));
    expect(() => readTorchFile(file)).toThrow(
      /^Expected 17179869176 bytes of storage 0 in .* but got 560000\.$/,
    );
  });

  test('names a file that is not there', () => {
    expect(() => readTorchFile(file)).toThrow(
      `Expected to read ${file} but got: no such file or directory.`,
    );
  });

  test('refuses a flipped bit in any entry, where the writer has computed checksums', () => {
    writeTorchFile(file, { weight: tensor([1, 2, 3]) });
    const whole = readFileSync(file);
    const weight = whole.indexOf(Buffer.from(Float32Array.of(1, 2, 3).buffer));
    for (const [at, name] of [
      [weight + 5, 'storage 0'],
      [whole.indexOf('weight'), '`archive/data.pkl`'],
    ] as const) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 16, at);
      writeFileSync(file, damaged);
      expect(() => readTorchFile(file)).toThrow(
        /^Expected CRC-32 [\da-f]{8} of .* in .* but got [\da-f]{8}: its bytes are damaged\.$/,
      );
      expect(() => readTorchFile(file)).toThrow(name);
    }
    whole.writeUInt8(whole.readUInt8(weight + 5) ^ 16, weight + 5);
    writeFileSync(file, withoutChecksums(whole));
    expect((readTorchFile(file) as PickleMap).size).toBe(1);
  });

  test('refuses a file cut off anywhere', () => {
    writeTorchFile(file, { a: tensor([1, 2]), b: [1, 'x'] });
    const whole = readFileSync(file);
    for (let length = 1; length < whole.length; length += 7) {
      writeFileSync(file, whole.subarray(0, length));
      expect(() => readTorchFile(file), `${length} bytes`).toThrow(/^Expected .* but got .*\.$/);
    }
  });

  test('refuses an old file cut off anywhere', () => {
    const whole = readFileSync(fixturePath('checkpoints/torture_legacy.pth'));
    for (let length = 1; length < whole.length; length += 13) {
      writeFileSync(file, whole.subarray(0, length));
      expect(() => readTorchFile(file), `${length} bytes`).toThrow(/^Expected .* but got .*\.$/);
    }
  });
});
