import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { blasAmong } from '../blas.js';
import {
  temporaryFolder,
  tinyModel,
  umMae,
  umMaeAlone,
  writeImages,
} from '../testing/command-line.js';

const folder = temporaryFolder();
const run = join(folder, 'run');
const image = join(folder, 'data/train/disc-above-square/0000.png');

beforeAll(async () => {
  const data = join(folder, 'data');
  await writeImages(data, 1);
  const batch = ['--batch-size', '8', '--epochs', '1'];
  const { code } = await umMae('pretrain', '--data', data, ...tinyModel, ...batch, '--out', run);
  expect(code).toBe(0);
});

describe('um-mae reconstruct', () => {
  test('draws from a run, and from a file of weights', async () => {
    const file = join(run, 'checkpoints/last/model.safetensors');
    for (const [number, from] of [run, file].entries()) {
      const out = join(folder, `sheet-${number}.png`);
      const { code, stdout } = await umMaeAlone('reconstruct', from, image, image, '--out', out);
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${out}\n` });
      expect(existsSync(out)).toBe(true);
    }
  });

  test('refuses what is no image, no run, or no weights', async () => {
    const text = join(folder, 'text.png');
    writeFileSync(text, 'text');
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'other/model.safetensors'), 'text');
    const out = ['--out', join(folder, 'refused.png')];
    const cases = [
      [
        text,
        run,
        /^um-mae: Expected a readable image at `.*text\.png` but it is not an image.*\.\n$/,
      ],
      [image, folder, /^um-mae: Expected a run, a checkpoint or a file of weights at .*\n$/],
      [image, join(folder, 'other'), /^um-mae: Expected a safetensors file in .*\n$/],
    ] as const;
    const some = await umMae('reconstruct', run, text, image, '--out', join(folder, 'some.png'));
    expect(some).toMatchObject({ code: 2, stdout: `${join(folder, 'some.png')}\n` });
    expect(some.stderr).toMatch(/^Skipped 1 unreadable image:\n {2}.*text\.png: not an image/);
    for (const [path, from, sentence] of cases) {
      const { code, stderr } = await umMae('reconstruct', from, path, ...out);
      expect(code).toBe(2);
      expect(stderr).toMatch(sentence);
    }
    expect(existsSync(join(folder, 'refused.png'))).toBe(false);
  });
});

describe('the order of earlier versions, in which the image came first', () => {
  const model = join(folder, 'run');
  const cases = [
    [
      ['reconstruct', image, '--from', model, '--out', join(folder, 'refused.png')],
      `The run comes first: um-mae reconstruct ${model} IMAGE... --out PNG\n`,
    ],
    [
      ['reconstruct', image, '--out', join(folder, 'refused.png')],
      'The run comes first: um-mae reconstruct RUN IMAGE... --out PNG\n',
    ],
    [
      ['similar', image, '--from', model, '--index', join(folder, 'index.npy')],
      `The run comes first: um-mae similar ${model} IMAGE --index FILE\n`,
    ],
    [
      ['similar', image, '--index', join(folder, 'index.npy')],
      'The run comes first: um-mae similar RUN IMAGE --index FILE\n',
    ],
  ] as const;

  test.each(cases)('%j is refused, and the order of today shown', async (args, shown) => {
    const { code, stdout, stderr } = await umMae(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^um-mae: /);
    expect(stderr.endsWith(shown), stderr).toBe(true);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });
});

describe('um-mae reconstruct --out', () => {
  test('writes no picture over its image, and none of another name', async () => {
    const own = join(folder, 'own.png');
    copyFileSync(image, own);
    const cases = [
      [own, /^um-mae: Expected a picture to write .* but got .*own\.png, one of them\.\n/],
      [join(folder, 'own.jpg'), /^um-mae: .* Expected a file that ends in \.png\.\n$/],
    ] as const;
    for (const [out, sentence] of cases) {
      const { code, stderr } = await umMae('reconstruct', run, own, '--out', out);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(sentence) });
    }
    expect(readFileSync(own)).toEqual(readFileSync(image));
    expect(existsSync(join(folder, 'own.jpg'))).toBe(false);
  });
});

describe('um-mae pretrain', () => {
  test('runs a recipe of a run again', async () => {
    const recipe = ['--recipe', join(run, 'recipe.yaml'), '--out', join(folder, 'again')];
    const { code, stdout } = await umMae('pretrain', ...recipe, '--threads', '1', '--json');
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ kind }) => kind)).toEqual([
      ...['started', 'step', 'checkpoint', 'epoch', 'finished'],
    ]);
  });

  test('documents every value of a recipe', async () => {
    const { code, stdout } = await umMae('pretrain', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'optimizer.weightDecay      weight decay, except on biases and 1-D parameters',
    );
  });
});

describe('um-mae doctor', () => {
  test('tells what there is, for people and for machines', async () => {
    const { code, stdout } = await umMaeAlone('doctor');
    expect(code).toBe(0);
    for (const name of ['libtorch', 'BLAS', 'devices', 'Node', 'sharp'])
      expect(stdout).toContain(name);
    const report = JSON.parse((await umMaeAlone('doctor', '--json')).stdout);
    expect(report).toMatchObject({
      devices: expect.arrayContaining(['cpu']),
      blas: expect.any(String),
    });
  });
});

describe('blasAmong', () => {
  test.each([
    ['/usr/lib/x86_64-linux-gnu/openblas-openmp/libblas.so.3', 'OpenBLAS with OpenMP', false],
    [
      '/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3',
      'OpenBLAS with its own threads',
      true,
    ],
    ['/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0', 'the reference BLAS', true],
    ['/usr/lib/libc.so.6', 'built into libtorch', false],
  ])('knows %s', (path, name, isSlow) => {
    const blas = blasAmong([path]);
    expect(blas.name).toBe(name);
    expect(blas.warning !== undefined).toBe(isSlow);
  });
});
