/** The contract that every form of feature file keeps, as tests. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerializationError } from '@um-mae/torch';
import { afterAll, describe, expect, test } from 'vitest';
import { DataError } from '../../../errors.js';
import type { FeatureRows, Features, FeatureTable } from '../feature-table.js';

/** A form of feature file, as the suite tests it. */
export interface FeatureFileCase {
  /** The extension of the form's files, with its dot. */
  readonly extension: string;
  /** The names of the files that belong to `features` with the extension, and lie beside it. */
  readonly beside?: readonly string[];
  write(path: string, table: FeatureTable, rows: FeatureRows): void | Promise<void>;
  read(path: string): Features | Promise<Features>;
  /** Whether the reader looks at parts alone, which have no checksum. Default: false. */
  readonly isPartial?: boolean;
  /** Writes a sound file of the same format that another program could have made. */
  writeForeign(path: string): void;
}

const channels = 3;
const values = Float32Array.of(
  ...[0, -0, 1 / 3, 1e-45, -3.4028234663852886e38, 1.1754943508222875e-38],
  ...[Math.PI, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 65504, -1e-7, 16777217],
);
const paths = ['größe/猫 🐈.png', 'shards/000.tar/a "b".jpg', 'c\\d.png', 'table.parquet/3'];
const origin = {
  weights: 'f'.repeat(64),
  source: 'läufe/erster',
  image: { height: 32, width: 64 },
  stages: [1, 3],
  pooling: 'mean-and-deviation',
  view: 'full',
  classes: ['Straße', '鳥'],
} as const;
const table = { origin: { ...origin, stages: [1, 3], classes: [...origin.classes] }, paths };

/** Rows in pieces of one and of three, and an error after the first piece where it is wanted. */
function rowsOf(interruption?: Error): FeatureRows {
  return {
    count: paths.length,
    channels,
    *pieces() {
      yield values.slice(0, channels);
      if (interruption) throw interruption;
      yield values.slice(channels);
    },
  };
}

/** Checks one form of feature file. */
export function describeFeatureFile(
  name: string,
  { extension, beside = [], isPartial = false, write, read, writeForeign }: FeatureFileCase,
): void {
  const folder = mkdtempSync(join(tmpdir(), 'um-mae-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  /** Gives the path of a feature file in a new folder. */
  const pathIn = (own: string) => {
    mkdirSync(join(folder, own));
    return join(folder, own, `features${extension}`);
  };
  const labels = [1, null, 0, null];
  const isOwn = (error: unknown) =>
    error instanceof DataError || error instanceof SerializationError;
  const refusal = async (path: string) => {
    const error: unknown = await Promise.resolve(path)
      .then(read)
      .catch((cause) => cause);
    expect(error).toSatisfy(isOwn);
    return error instanceof Error ? error.message : '';
  };

  describe(name, () => {
    test.each([
      ['some labels', [1, null, 0, null]],
      ['a label for each', [0, 1, 1, 0]],
      ['no labels', [null, null, null, null]],
    ])('is read as it was written, to the bit, with %s', async (title, labels) => {
      const path = pathIn(title);
      await write(path, { ...table, labels }, rowsOf());
      const features = await read(path);
      const bits = new Uint32Array(values.buffer);
      expect(new Uint32Array(Float32Array.from(features.values).buffer)).toEqual(bits);
      expect(features).toMatchObject({ ...table, labels, channels });
      const files = [...beside, `features${extension}`];
      expect(readdirSync(join(path, '..')).sort()).toEqual(files.sort());
    });

    test('may lie at a path of any letters', async () => {
      const path = join(pathIn('größe 猫 🐈'), '..', `märkmale ~1${extension}`);
      await write(path, { ...table, labels }, rowsOf());
      expect((await read(path)).paths).toEqual(paths);
    });

    test('is written alike twice', async () => {
      const [first, second] = [pathIn('first'), pathIn('second')];
      for (const path of [first, second]) await write(path, { ...table, labels }, rowsOf());
      expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
    });

    test('is not there at all where writing it was interrupted', async () => {
      const path = pathIn('interrupted');
      const interruption = new DataError('Expected rows but got none.');
      const writing = async () => write(path, { ...table, labels }, rowsOf(interruption));
      await expect(writing).rejects.toThrow(interruption);
      expect(existsSync(path)).toBe(false);
      expect(readdirSync(join(path, '..'))).toEqual([]);
      expect(await refusal(path)).toMatch(/^Expected .* but got/);
    });

    test('is as it was where replacing it was interrupted', async () => {
      const path = pathIn('replaced');
      await write(path, { ...table, labels }, rowsOf());
      const before = readFileSync(path);
      const interruption = new DataError('Expected rows but got none.');
      const others = { ...table, labels: labels.map(() => null) };
      const writing = async () => write(path, others, rowsOf(interruption));
      await expect(writing).rejects.toThrow(interruption);
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(await read(path)).toMatchObject({ ...table, labels, channels });
    });

    const title = 'is refused in a sentence, or read as it was, where any byte is another';
    test.skipIf(isPartial)(title, async () => {
      const path = pathIn('damaged');
      await write(path, { ...table, labels }, rowsOf());
      const whole = readFileSync(path);
      const first = (await read(path)).values;
      for (let place = 0; place < whole.length; place += 7) {
        const damaged = Buffer.from(whole);
        damaged.writeUInt8(damaged.readUInt8(place) ^ (128 >> (place % 8)), place);
        writeFileSync(path, damaged);
        const found = await Promise.resolve(path)
          .then(read)
          .catch((cause: unknown) => cause);
        if (isOwn(found)) continue;
        expect(found, `byte ${place}`).toMatchObject({ paths, labels });
        expect(found, `byte ${place}`).toHaveProperty('values', first);
      }
    });

    test('is refused in a sentence where it is cut off, of another format or program', async () => {
      const path = pathIn('refused');
      await write(path, { ...table, labels }, rowsOf());
      const whole = readFileSync(path);
      for (const length of [0, 7, whole.length >> 1, whole.length - 1]) {
        writeFileSync(path, whole.subarray(0, length));
        expect(await refusal(path), `${length} bytes`).toMatch(/^Expected .* but got/s);
      }
      writeFileSync(path, 'a text of another program, which is longer than any header');
      expect(await refusal(path)).toMatch(/^Expected .* but got/);
      const foreign = pathIn('foreign');
      writeForeign(foreign);
      const message = await refusal(foreign);
      expect(message).toMatch(/^Expected .* but got/);
      expect(message).toContain(join(foreign, '..'));
      expect(await refusal(pathIn('missing'))).toMatch(/^Expected to (read|open) .* but got/);
    });
  });
}
