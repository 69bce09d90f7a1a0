/** `um-mae probe`, `embed` and `similar`, and the example that uses the library. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tensor } from '@um-mae/torch';
import { readSafetensors, writeSafetensors } from '@um-mae/torch/serialization';
import { parquetWriteFile } from 'hyparquet-writer';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeScenes } from '../../demo/scenes.js';
import {
  refusal,
  reported,
  startUmMae,
  temporaryFolder,
  tinyModel,
  umMae,
} from '../testing/command-line.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const data = at('data');
const run = at('run');
const image = join(data, 'val/disc-above-square/0000.png');

beforeAll(async () => {
  await writeScenes(data, { perClass: { train: 4, val: 2 }, seed: 1, size: 40 });
  await pretrain(run, '0');
});

async function pretrain(out: string, seed: string): Promise<void> {
  const args = ['--data', data, ...tinyModel, '--batch-size', '8', '--epochs', '1'];
  expect(await umMae('pretrain', ...args, '--seed', seed, '--out', out)).toMatchObject({ code: 0 });
}

/** The images of a part with their classes as Parquet. */
function writeTable(part: string, classes: readonly string[]): string {
  const rows = classes.flatMap((name, label) =>
    readdirSync(join(data, part, name)).map((file) => ({
      label,
      image: readFileSync(join(data, part, name, file)),
    })),
  );
  const filename = at(`${part}.parquet`);
  parquetWriteFile({
    filename,
    columnData: [
      { name: 'image', data: rows.map((row) => row.image), type: 'BYTE_ARRAY' },
      { name: 'label', data: rows.map((row) => row.label), type: 'INT32' },
    ],
  });
  return filename;
}

/** Gives a refusal that has at most one line of advice. */
async function refusedInBrief(...args: readonly string[]): Promise<string> {
  const sentence = await refusal(...args);
  expect(sentence).toMatch(/^.*\n(.*\n)?$/);
  return sentence;
}

describe('um-mae probe', () => {
  test('measures features, which it computes once', async () => {
    const first = await reported('probe', run, '--data', data);
    expect(first).toMatchObject({ classes: 8, channels: 64, computed: 48, skipped: [] });
    expect(first.images).toEqual({ train: 32, val: 16 });
    for (const score of ['neighbours', 'linearProbe']) {
      expect(first[score]).toBeGreaterThanOrEqual(0);
      expect(first[score]).toBeLessThanOrEqual(1);
    }
    expect(existsSync(`${run}.features`)).toBe(true);
    expect(await reported('probe', run, '--data', data)).toEqual({ ...first, computed: 0 });
    const stages = await reported('probe', run, '--data', data, '--stages', '1,3');
    expect(stages).toMatchObject({ computed: 0, channels: 16 + 64 });
    const { stdout } = await umMae('probe', run, '--data', data, '--view', 'compact');
    expect(stdout).toMatch(/^64 channels of stage 3, compact view, 48 computed now\n/m);
    expect(stdout).toMatch(/^nearest neighbours +\d+\.\d %\nlinear probe +\d+\.\d %\n/m);
  });

  test('takes a list of few labels, shards, and tables', async () => {
    const expected = await reported('probe', run, '--data', data);
    const classes = readdirSync(join(data, 'train'));
    const lines = classes.flatMap((name) => [`${name}/0000.png`, `${name}/0001.png`]);
    writeFileSync(at('few.txt'), lines.join('\n'));
    const val = ['--val', join(data, 'val')];
    const root = ['--data-root', join(data, 'train')];
    const few = await reported('probe', run, '--train', at('few.txt'), ...val, ...root);
    expect(few).toMatchObject({ images: { train: 16, val: 16 }, computed: 0 });

    for (const part of ['train', 'val']) {
      await reported('data', 'pack', join(data, part), '--out', at(`shards/${part}`));
    }
    const packed = await reported('probe', run, '--data', at('shards'));
    expect(packed).toEqual({ ...expected, computed: 0 });

    const tables = ['train', 'val'].flatMap((part) => [`--${part}`, writeTable(part, classes)]);
    expect(await reported('probe', run, ...tables)).toEqual({ ...expected, computed: 0 });
  });

  test('refuses images that it cannot learn from', async () => {
    const of = (train: string, val = join(data, 'val')) =>
      refusedInBrief('probe', run, '--train', train, '--val', val);
    const copy = (name: string) => {
      cpSync(join(data, 'train'), at(name), { recursive: true });
      return at(name);
    };
    const renamed = copy('renamed');
    renameSync(join(renamed, 'disc-above-square'), join(renamed, 'owl'));
    expect(await of(renamed)).toMatch(/but got them without `owl`, also `disc-above-square`\.\n$/);

    const single = at('single.txt');
    const classes = readdirSync(join(data, 'train'));
    writeFileSync(single, classes.map((name) => join(data, 'train', name, '0000.png')).join('\n'));
    expect(await of(single)).toMatch(
      /^Expected at least two images of each class in .*single\.txt but got one of `.*`\.\n$/,
    );
    const cache = ['--cache', image];
    expect(await refusedInBrief('probe', run, '--data', data, ...cache)).toMatch(
      /but got: not a directory/,
    );
    expect(await refusedInBrief('probe', run, '--data', data, '--stages', '7')).toBe(
      'Expected stages out of 0 to 3 but got 7.\n',
    );
    writeFileSync(at('far.txt'), `${image} 0\n${image} 7`);
    expect(await of(at('far.txt'), at('far.txt'))).toMatch(
      /^Expected labels to number classes from 0 but got 7 among 2 images, so that most classes would have none\.\n$/,
    );
    expect(await of(join(data, 'train/disc-above-square'))).toMatch(
      /^Expected a class for every image of .* but got none for .*0000\.png\.\n/,
    );
    mkdirSync(at('hollow/train/empty'), { recursive: true });
    cpSync(join(data, 'train'), at('hollow/train'), { recursive: true });
    expect(await of(at('hollow/train'))).toMatch(
      /^Expected images in every class folder of .*hollow\/train but got none in `empty`\.\n/,
    );
    writeFileSync(at('same.txt'), `${image} 0\n`.repeat(3));
    expect(await of(at('same.txt'), at('same.txt'))).toMatch(
      /^Expected at least two classes in .*same\.txt but got only `0`\.\n$/,
    );
    expect(await of(at('gone'))).toMatch(/gone` but got nothing there\.\n/);
    expect(await refusedInBrief('probe', run)).toBe(
      'expected --data FOLDER, or --train and --val, but got neither\n',
    );
  });
});

describe('um-mae embed', () => {
  const forms = ['parquet', 'npy', 'safetensors'];

  test('writes the same features in three forms, which similar searches', async () => {
    const all: unknown[] = [];
    for (const form of forms) {
      const out = at(`features.${form}`);
      const written = await reported('embed', run, join(data, 'val'), '--out', out);
      expect(written).toMatchObject({ out, images: 16, channels: 64, skipped: [] });
      const { neighbours, origin } = await reported(
        'similar',
        run,
        image,
        '--index',
        out,
        '-k',
        '5',
      );
      expect(neighbours).toHaveLength(5);
      expect(neighbours[0]).toMatchObject({ path: image, label: 1 });
      expect(neighbours[0].similarity).toBeCloseTo(1, 5);
      expect(origin).toMatchObject({ view: 'full', stages: [3], source: run });
      all.push(neighbours);
    }
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
    const { tensors, metadata } = readSafetensors(at('features.safetensors'));
    expect(tensors.get('features')?.shape).toEqual([16, 64]);
    expect(JSON.parse(metadata.names ?? '').paths).toContain(image);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('lists what it cannot read, and replaces nothing unasked', async () => {
    const mixed = at('mixed');
    cpSync(join(data, 'val'), mixed, { recursive: true });
    writeFileSync(join(mixed, 'broken.png'), 'text');
    const args = ['embed', run, mixed, '--out', at('mixed.npy')];
    const { code, stdout, stderr } = await umMae(...args);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `16 images, 64 channels of stage 3, full view, in ${at('mixed.npy')}\n`,
    });
    expect(stderr).toBe(
      `Skipped 1 unreadable image:\n  ${join(mixed, 'broken.png')}: not an image of a known format\n`,
    );
    expect(await refusedInBrief(...args)).toMatch(
      /^Expected nothing at .*mixed\.json yet but got a file/,
    );
    expect((await umMae(...args, '--overwrite')).code).toBe(0);
    const names = JSON.parse(readFileSync(at('mixed.json'), 'utf8'));
    expect(names.paths).toHaveLength(16);
    // Classes are folders only where all images lie in one.
    expect(names.labels).toBeUndefined();
  });

  test('leaves nothing behind when it is stopped', async () => {
    writeFileSync(at('long.txt'), `${image}\n`.repeat(5000));
    const args = ['--out', at('long.parquet'), '--batch-size', '2'];
    const { child, outcome } = startUmMae(['embed', run, at('long.txt'), ...args]);
    while (!existsSync(at('long.parquet.rows.partial'))) await setTimeout(20);
    child.kill('SIGINT');
    expect((await outcome).code).toBe(130);
    expect(readdirSync(folder).filter((name) => name.startsWith('long.parquet'))).toEqual([]);
  });

  test('refuses what it cannot use', async () => {
    const of = (...args: readonly string[]) => refusedInBrief('embed', run, ...args);
    const out = ['--out', at('refused.npy')];
    expect(await of(data, '--out', at('features.csv'))).toMatch(
      /^Expected a \.parquet, \.npy, \.safetensors file for features but got .*features\.csv\.\n$/,
    );
    mkdirSync(at('folder.npy'));
    expect(await of(data, '--out', at('folder.npy'), '--overwrite')).toMatch(
      /^Expected nothing at .*folder\.npy yet but got a folder\.\nChoose another --out\.\n$/,
    );
    expect(await of(at('gone'), ...out)).toMatch(/gone` but got nothing there\.\n/);
    expect(await of(data, '--out', at('gone/f.npy'))).toMatch(/but got: no such file or directory/);
    expect(await of(data, ...out, '--stages', '2,4')).toBe(
      'Expected stages out of 0 to 3 but got 4.\n',
    );
    expect(await of(data, ...out, '--stages', 'last')).toMatch(
      /^option '--stages <n,...>' argument/,
    );
    expect(await of(data, ...out, '--image-size', '33')).toMatch(/a multiple of 16 pixels but got/);
    expect(await of(data, ...out, '--image-size', '48', '--view', 'compact')).toMatch(
      /a multiple of 32 pixels but got 48x48/,
    );
    mkdirSync(at('unreadable'));
    writeFileSync(at('unreadable/a.png'), '');
    expect(await of(at('unreadable'), ...out)).toMatch(
      /^Expected images that can be read but got 1 that cannot; .*a\.png is empty \(zero bytes\)\.\n$/,
    );
    expect(await refusedInBrief('embed', at('gone'), data, ...out)).toMatch(
      /^Expected a run, a checkpoint or a file of weights at .*gone but got none of them\.\n$/,
    );
    const recipe = readSafetensors(join(run, 'checkpoints/last/model.safetensors')).metadata;
    const decoder = at('decoder.safetensors');
    writeSafetensors(decoder, new Map([['mask_token', tensor([1])]]), { metadata: recipe });
    expect(await refusedInBrief('embed', decoder, data, ...out)).toMatch(
      /^Expected weights of an encoder in .*decoder\.safetensors but got none\.\n/,
    );
    expect(existsSync(at('refused.npy'))).toBe(false);
  });
});

describe('um-mae embed without --out', () => {
  test('writes into the run, with small pictures and components, what um-mae similar takes', async () => {
    const first = await reported('embed', run, join(data, 'val'));
    const file = join(run, 'features/val.safetensors');
    expect(first).toMatchObject({ out: file, images: 16, channels: 64 });
    const { tensors, metadata } = readSafetensors(file);
    expect(tensors.get('features')?.shape).toEqual([16, 64]);
    expect(tensors.get('components')?.shape).toEqual([16, 50]);
    const ends = [...(tensors.get('pictureEnds')?.toArray() ?? [])].map(Number);
    const pictures = tensors.get('pictures')?.toArray() as Uint8Array;
    expect(ends.at(-1)).toBe(pictures.length);
    const { width, height, format } = await sharp(pictures.subarray(0, ends[0])).metadata();
    expect({ width, height, format }).toEqual({ width: 40, height: 40, format: 'jpeg' });
    const explained: number[] = JSON.parse(metadata.explained ?? '');
    expect(explained[0]).toBeGreaterThan(explained[1] ?? 1);
    const { neighbours } = await reported('similar', run, image, '--index', file, '--count', '2');
    expect(neighbours[0]).toMatchObject({ path: image });
    expect(neighbours[0].similarity).toBeCloseTo(1, 5);
    expect(await refusedInBrief('embed', run, join(data, 'val'))).toMatch(
      /^Expected nothing at .*val\.safetensors yet but got a file\.\nAdd --overwrite/,
    );
    const weights = join(run, 'checkpoints/last/model.safetensors');
    expect(await refusedInBrief('embed', weights, join(data, 'val'))).toMatch(
      /^Expected a run directory to write to but got .*\.\nName a file by --out\.\n$/,
    );
  });
});

describe('um-mae maps', () => {
  test('pictures feature maps and attention of every stage', async () => {
    const out = at('maps');
    const { input, files } = await reported('maps', run, image, '--out', out);
    expect(files).toHaveLength(8);
    for (const { file, kind, rows, columns, range } of files) {
      const { width, height } = await sharp(join(out, file)).metadata();
      expect({ width, height }).toEqual({ width: 32, height: 32 });
      expect(rows).toBe(columns);
      const [low, high] = range;
      if (kind === 'attention') expect(low).toBeLessThanOrEqual(1);
      expect(high).toBeGreaterThan(low);
    }
    expect(existsSync(join(out, input))).toBe(true);
    expect(await refusedInBrief('maps', run, image, '--out', out)).toMatch(
      /^Expected a new folder but got .*maps, which exists; name another one\.\n$/,
    );
    writeFileSync(at('text.png'), 'no image');
    expect(await refusedInBrief('maps', run, at('text.png'), '--out', at('maps2'))).toMatch(
      /^Expected an image at .*text\.png but it is not an image of a known format\.\n$/,
    );
    expect(existsSync(at('maps2'))).toBe(false);
  });
});

describe('um-mae similar', () => {
  const index = at('index.parquet');
  beforeAll(async () => {
    await reported('embed', run, join(data, 'val'), '--out', index);
  });

  test('prints and draws what it finds', async () => {
    const out = at('similar.png');
    const { code, stdout } = await umMae('similar', run, image, '--index', index, '--out', out);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe(`1.000  ${image}  disc-above-square`);
    expect([lines.length, lines.at(-1)]).toEqual([13, out]);
    const { format, width, height } = await sharp(out).metadata();
    expect([format, width]).toEqual(['png', 24 + 5 * (128 + 6) - 6 + 24]);
    // Two rows more are two images, their captions and gaps more.
    await umMae('similar', run, image, '--index', index, '--out', out, '-k', '2');
    expect(height - (await sharp(out).metadata()).height).toBe(2 * (128 + 34 + 6));
  });

  test('knows the image of an index of one', async () => {
    await reported('embed', run, image, '--out', at('single.npy'));
    const { stdout } = await umMae('similar', run, image, '--index', at('single.npy'));
    expect(stdout).toBe(`1.000  ${image}\n`);
  });

  test('draws images of archives, and without those that are gone', async () => {
    await reported('data', 'pack', join(data, 'val'), '--out', at('packed'));
    const packed = at('packed.npy');
    await reported('embed', run, at('packed'), '--out', packed);
    const found = await reported(
      'similar',
      run,
      image,
      '--index',
      packed,
      '--out',
      at('packed.png'),
    );
    expect(found.neighbours[0].path).toMatch(/\.tar\/disc-above-square\/.*png$/);
    renameSync(at('packed'), at('packed-moved'));
    await reported('similar', run, image, '--index', packed, '--out', at('gone.png'));
    const [drawn, gone] = [readFileSync(at('packed.png')), readFileSync(at('gone.png'))];
    expect(drawn.equals(gone)).toBe(false);
  });

  test('refuses an index of other weights, what is no index, and what is no image', async () => {
    const other = at('other');
    await pretrain(other, '5');
    const of = (path: string, ...args: readonly string[]) =>
      refusedInBrief('similar', run, path, '--out', at('refused.png'), ...args);
    expect(await refusedInBrief('similar', other, image, '--index', index)).toMatch(
      /^Expected the weights that made .*index\.parquet, once those of .*run, but got others at .*other\.\n/,
    );
    const moved = at('moved');
    cpSync(run, moved, { recursive: true });
    await reported('embed', moved, join(data, 'val'), '--out', at('moved.npy'));
    renameSync(moved, at('moved-away'));
    expect((await umMae('similar', at('moved-away'), image, '--index', at('moved.npy'))).code).toBe(
      0,
    );

    const text = at('text.png');
    writeFileSync(text, 'text');
    expect(await of(text, '--index', index)).toMatch(
      /^Expected an image at .*text\.png but it is not an image of a known format\.\n$/,
    );
    expect(await of(at('gone.jpg'), '--index', index)).toMatch(/gone\.jpg but it is missing\.\n$/);
    for (const form of ['parquet', 'npy', 'safetensors']) {
      writeFileSync(at(`text.${form}`), 'text');
      expect(await of(image, '--index', at(`text.${form}`))).toMatch(/^Expected .* but got.*\n$/);
      expect(await of(image, '--index', at(`gone.${form}`))).toMatch(/^Expected .* but got.*\n$/);
    }
    expect(await of(image, '--index', join(run, 'checkpoints/last/model.safetensors'))).toMatch(
      /^Expected features of um-mae embed in .*model\.safetensors but got tensors /,
    );
    const damaged = readFileSync(index).fill(255, 4, 400);
    writeFileSync(at('damaged.parquet'), damaged);
    expect(await of(image, '--index', at('damaged.parquet'))).toMatch(
      /^Expected features of um-mae embed in .*damaged\.parquet but got a damaged table \(.*\)\.\n$/,
    );
    writeFileSync(at('text.json'), '{}');
    expect(await of(image, '--index', at('text.npy'))).toMatch(
      /^Expected features of um-mae embed in .*text\.json but got a record that is damaged/,
    );
    expect(existsSync(at('refused.png'))).toBe(false);
    const copy = at('copy.png');
    cpSync(image, copy);
    expect(await refusedInBrief('similar', run, copy, '--index', index, '--out', copy)).toBe(
      `Expected a picture to write beside the images but got ${copy}, one of them.\nChoose another --out.\n`,
    );
    expect(
      await refusedInBrief('similar', run, copy, '--index', index, '--out', at('s.jpg')),
    ).toMatch(/^option '--out <png>' argument .* Expected a file that ends in \.png\.\n$/);
  });
});

test('examples/features.mjs runs', () => {
  const example = fileURLToPath(new URL('../../../../../examples/features.mjs', import.meta.url));
  const stdout = execFileSync(process.execPath, [example, run, image, image], { encoding: 'utf8' });
  expect(stdout).toContain('stage 3: [2,2,2,64], a vector every 16 pixels\nembedding: [2,64]\n');
  expect(stdout).toMatch(/cosine similarity to .*: 1\.000, 1\.000\n$/);
});
