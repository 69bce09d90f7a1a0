/** `um-mae similar`. */
import { cpSync, existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { reported, umMae } from '../../testing/command-line.js';
import { refusedInBrief, SceneFolder } from '../../testing/sets/scene-folder.js';

const scenes = new SceneFolder();
const { data, run, image } = scenes;
const at = (name: string) => scenes.at(name);

beforeAll(() => scenes.prepare());

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
    expect(lines[0]).toMatch(/^[01]\.\d{3} {2}.*\.png {2}[\w-]+$/);
    expect(stdout).not.toContain(image);
    expect([lines.length, lines.at(-1)]).toEqual([13, out]);
    const { format, width, height } = await sharp(out).metadata();
    expect([format, width]).toEqual(['png', 24 + 5 * (128 + 6) - 6 + 24]);
    // Two rows more are two images, their captions and gaps more.
    await umMae('similar', run, image, '--index', index, '--out', out, '-k', '4');
    expect(height - (await sharp(out).metadata()).height).toBe(2 * (128 + 34 + 6));
  });

  test('leaves out the query, by whatever path, and no copy of it', async () => {
    const twin = at('twin.png');
    cpSync(image, twin);
    symlinkSync(image, at('link.png'));
    await reported('embed', run, image, twin, '--out', at('pair.npy'));
    for (const query of [image, at('link.png')]) {
      const { stdout } = await umMae('similar', run, query, '--index', at('pair.npy'));
      expect(stdout).toBe(`1.000  ${twin}\n`);
    }
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
    await scenes.pretrain(other, '5');
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
