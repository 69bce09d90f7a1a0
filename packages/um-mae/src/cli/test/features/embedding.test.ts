/** `um-mae embed` and `maps`, and the example that uses the library. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tensor } from '@um-mae/torch';
import { readSafetensors, writeSafetensors } from '@um-mae/torch/serialization';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { reported, startUmMae, umMae } from '../../testing/command-line.js';
import { refusedInBrief, SceneFolder } from '../../testing/sets/scene-folder.js';

const scenes = new SceneFolder();
const { data, run, image, root: folder } = scenes;
const at = (name: string) => scenes.at(name);

beforeAll(() => scenes.prepare());

describe('um-mae embed', () => {
  const forms = ['parquet', 'npy', 'safetensors'];

  test('writes the same features in three forms, which similar searches', async () => {
    const all: unknown[] = [];
    cpSync(image, at('twin.png'));
    for (const form of forms) {
      const out = at(`features.${form}`);
      const written = await reported('embed', run, join(data, 'val'), '--out', out);
      expect(written).toMatchObject({ out, images: 16, channels: 240, skipped: [] });
      const { neighbours, origin } = await reported(
        'similar',
        run,
        at('twin.png'),
        '--index',
        out,
        '-k',
        '5',
      );
      expect(neighbours).toHaveLength(5);
      expect(neighbours[0]).toMatchObject({ path: image, label: 1 });
      expect(neighbours[0].similarity).toBeCloseTo(1, 5);
      const preparation = { view: 'full', stages: [0, 1, 2, 3], pooling: 'mean-and-deviation' };
      expect(origin).toMatchObject({ ...preparation, source: run });
      all.push(neighbours);
    }
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
    const { tensors, metadata } = readSafetensors(at('features.safetensors'));
    expect(tensors.get('features')?.shape).toEqual([16, 240]);
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
      stdout: `16 images, 240 channels, mean and deviation of stages 0, 1, 2, 3, full view, in ${at('mixed.npy')}\n`,
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

  test('takes a single folder of images for no class', async () => {
    mkdirSync(at('single/images'), { recursive: true });
    cpSync(image, at('single/images/0.png'));
    await reported('embed', run, at('single'), '--out', at('single.npy'));
    expect(JSON.parse(readFileSync(at('single.json'), 'utf8')).labels).toBeUndefined();
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
    expect(await of(data, ...out, '--pooling', 'max')).toMatch(
      /^option '--pooling <name>' argument 'max' is invalid\. Allowed choices are mean, mean-and-deviation\.\n$/,
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
    expect(first).toMatchObject({ out: file, images: 16, channels: 240 });
    const { tensors, metadata } = readSafetensors(file);
    expect(tensors.get('features')?.shape).toEqual([16, 240]);
    expect(tensors.get('components')?.shape).toEqual([16, 50]);
    const ends = [...(tensors.get('pictureEnds')?.toArray() ?? [])].map(Number);
    const pictures = tensors.get('pictures')?.toArray() as Uint8Array;
    expect(ends.at(-1)).toBe(pictures.length);
    const { width, height, format } = await sharp(pictures.subarray(0, ends[0])).metadata();
    expect({ width, height, format }).toEqual({ width: 40, height: 40, format: 'jpeg' });
    const explained: number[] = JSON.parse(metadata.explained ?? '');
    expect(explained[0]).toBeGreaterThan(explained[1] ?? 1);
    cpSync(image, at('twin.png'));
    const search = [run, at('twin.png'), '--index', file, '--count', '2'];
    const { neighbours } = await reported('similar', ...search);
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

test('examples/features.mjs runs', () => {
  const example = fileURLToPath(
    new URL('../../../../../../examples/features.mjs', import.meta.url),
  );
  const stdout = execFileSync(process.execPath, [example, run, image, image], { encoding: 'utf8' });
  expect(stdout).toContain('stage 3: [2,2,2,64], a vector every 16 pixels\nembedding: [2,240]\n');
  expect(stdout).toMatch(/cosine similarity to .*: 1\.000, 1\.000\n$/);
});
