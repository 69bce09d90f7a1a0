/**
 * Every mistake that a user can make ends with one sentence and exit code 2, and leaves nothing
 * behind.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { devices } from '@um-mae/torch';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import {
  refusal,
  temporaryFolder,
  tinyModel,
  umMae,
  writeImages,
} from '../testing/command-line.js';

const folder = temporaryFolder();
const data = join(folder, 'data');
const mounts: string[] = [];

beforeAll(() => writeImages(data, 2));
afterAll(() => {
  for (const mount of mounts) execFileSync('umount', [mount]);
});

/** Arguments for a run of seconds: two steps on 16 images. */
const short = (out: string, images = data) => [
  ...['pretrain', ...tinyModel, '--data', images, '--batch-size', '8', '--epochs', '1'],
  ...['--out', join(folder, out)],
];

describe('um-mae pretrain', () => {
  test('refuses data that is empty, missing, or no images', async () => {
    const empty = join(folder, 'empty');
    const texts = join(folder, 'texts');
    for (const path of [empty, texts]) mkdirSync(path);
    for (const name of ['a.txt', 'b.csv']) writeFileSync(join(texts, name), 'text');

    const of = (path: string) => refusal(...short('refused', path));
    expect(await of(empty)).toMatch(/^Expected images \(.*\) in `.*empty` but got no files\.\n/);
    expect(await of(texts)).toMatch(
      /^Expected images \(.*\) in `.*texts` but got 2 other files\.\n/,
    );
    expect(await of(join(folder, 'missing'))).toMatch(
      /^Expected a folder or an image at `.*missing` but got nothing there\.\n/,
    );
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  test('refuses a recipe with mistakes, naming each', async () => {
    const changes = ['optimizer.weightDecya=1', 'backbone.heads=[3, 1, 1, 1]', 'seed=-1'];
    const sets = changes.flatMap((change) => ['--set', change]);
    const message = await refusal(
      ...short('refused'),
      ...sets,
      '--precision',
      'f8',
      '--lr',
      'high',
    );
    expect(message.trimEnd().split('\n')).toEqual([
      'Expected a divisor of 8 for `backbone.heads.0` but got 3.',
      'Expected one of {base: RATE}, {peak: RATE} for `learningRate` but got {"peak":"high"}.',
      'Expected a key of the recipe but got `optimizer.weightDecya`; did you mean `optimizer.weightDecay`?',
      'Expected one of auto, f32, bf16, f16 for `precision` but got "f8".',
      'Expected at least 0 for `seed` but got -1.',
    ]);
  });

  test.each([
    [
      '--model',
      'swin-tinny',
      /^Expected a model out of .* but got `swin-tinny`; did you mean `swin-tiny`\?/,
    ],
    ['--recipe', 'swin-large-um-80e', /did you mean `swin-large-um-800e`\?/],
    ['--set', 'seed', /^Expected path=value for --set but got `seed`\.\n$/],
    [
      '--image-size',
      '250',
      /a multiple of 32 pixels but got 250x250; the nearest are 224x224 and 256x256\./,
    ],
    [
      '--image-size',
      'big',
      /^Expected a size like 64 or 64x96 for --image-size but got `big`\.\n$/,
    ],
    ['--batch-size', '99', /^Expected at least 99 images, one step of 1 x 99, but got 16\.\n/],
    ['--precision', 'f16', /^Expected precision f32 or bf16 on cpu but got f16/],
    ['--device', 'gpu', /^Expected device cpu, cuda, cuda:N or mps but got gpu\.\n$/],
    [
      '--threads',
      '0',
      /option '--threads <n>' argument '0' is invalid\. Expected a whole number above 0\./,
    ],
    ['--out', '', /option '--out <folder>' argument '' is invalid\. Expected a path\./],
    ['--data', '', /^Expected a path for `data\.paths\.1` but got ""\.\n$/],
    ['--recipe', '/etc/passwd', /^Expected a recipe in \/etc\/passwd but got .{1,100}\.\n$/],
    ['--epoch', '3', /^unknown option '--epoch'\n\(Did you mean --epochs\?\)\n$/],
  ])('refuses %s %s', async (flag, value, sentence) => {
    expect(await refusal(...short('refused'), flag, value)).toMatch(sentence);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  test('refuses --resume with --overwrite', async () => {
    expect(await refusal(...short('refused'), '--resume', '--overwrite')).toBe(
      'expected --resume or --overwrite but got both\n',
    );
  });

  test('refuses a recipe file with unknown keys, naming each', async () => {
    const recipe = join(folder, 'recipe.yaml');
    writeFileSync(recipe, 'bathSize: 4\nmasking: {kind: uniform, secondryRatio: 0}\n');
    const message = await refusal('pretrain', '--recipe', recipe, '--model', 'swin-micro');
    expect(message.trimEnd().split('\n')).toEqual([
      'Expected a key of the recipe but got `masking.secondryRatio`; did you mean `masking.secondaryRatio`?',
      'Expected a key of the recipe but got `bathSize`; did you mean `batchSize`?',
    ]);
  });

  test('refuses --device cuda without CUDA', async (context) => {
    if (devices().length > 1) context.skip('this machine has CUDA');
    expect(await refusal(...short('refused'), '--device', 'cuda')).toMatch(
      /^Expected device cuda but .*; use --device cpu\.\n$/,
    );
  });

  test('stops at one truncated image in 31, or lists it when that is allowed', async () => {
    const photos = join(folder, 'photos');
    await writeImages(photos, 4);
    const paths = readdirSync(photos, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.png'))
      .map((path) => join(photos, path));
    const [broken = ''] = paths;
    truncateSync(broken, statSync(broken).size / 2);

    const args = [...short('strict', photos), '--batch-size', String(paths.length)];
    const stopped = await umMae(...args);
    expect(stopped.code).toBe(2);
    expect(stopped.stderr).toMatch(
      /^um-mae: Expected at most 1 % of 32 images to be unreadable but got 1:\n/,
    );
    expect(stopped.stderr).toContain(broken);
    expect(stopped.stderr).toContain('--max-unreadable');

    const finished = await umMae(...args, '--resume', '--max-unreadable', '0.1', '--epochs', '1');
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(finished.stdout).toContain('Skipped 1 unreadable image, see ');
    const skipped = readFileSync(join(folder, 'strict/skipped.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(skipped.map((line) => JSON.parse(line))).toEqual([
      { step: 1, path: broken, reason: expect.any(String) },
    ]);
  });

  test('stops when the loss is not finite, and keeps the checkpoint before', async () => {
    const { code, stderr } = await umMae(
      ...short('absurd'),
      ...['--epochs', '3', '--lr', '1e18', '--set', 'warmup.share=0.5', '--checkpoint-every', '1'],
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^um-mae: Expected (a finite|finite) \w+ but got .* in step \d; of checkpoints, the last one is of step \d\.\n.*\n$/,
    );
    expect(existsSync(join(folder, 'absurd/checkpoints/last/state.json'))).toBe(true);
  });
});

describe('the output folder', () => {
  test('is refused when something is in it, unless it is a run that may be overwritten', async () => {
    expect((await umMae(...short('run'))).code).toBe(0);
    expect(await refusal(...short('run'))).toContain('Add --resume to go on with the run in it');
    expect((await umMae(...short('run'), '--overwrite')).code).toBe(0);

    writeFileSync(join(folder, 'run/images/thesis.png'), '');
    expect(await refusal(...short('run'), '--overwrite')).toMatch(
      /^Expected nothing but a run to delete in .* but got images\/thesis\.png\.\n/,
    );
    expect(existsSync(join(folder, 'run/checkpoints/last/model.safetensors'))).toBe(true);
    expect(await refusal(...short('data'))).toContain('Choose another --out.');
    expect(await refusal(...short('data'), '--overwrite')).toContain('Move it away');
  });

  test('is refused when it cannot be written', async (context) => {
    writeFileSync(join(folder, 'file'), '');
    expect(await refusal(...short('file/run'))).toMatch(/but got: not a directory\.\n$/);
    const path = mountTmpfs(context, 'read-only', 'ro');
    expect(await refusal(...short('read-only/run'))).toBe(
      `Expected to write ${path}/run but got: read-only file system.\n`,
    );
  });

  test('keeps the last checkpoint when the disk is full', async (context) => {
    expect((await umMae(...short('roomy'))).code).toBe(0);
    const size = statSync(join(folder, 'roomy/checkpoints/last/optimizer.safetensors')).size * 1.5;
    mountTmpfs(context, 'small', `size=${Math.ceil(1.6 * size)}`);

    const full = await umMae(...short('small/run'), '--checkpoint-every', '1');
    expect(full.code).toBe(2);
    expect(full.stderr).toMatch(
      /^um-mae: Expected to write .*checkpoints.* but got: no space left on device\.\n$/,
    );
    const state = readFileSync(join(folder, 'small/run/checkpoints/last/state.json'), 'utf8');
    expect(JSON.parse(state).step).toBe(1);
    expect(readdirSync(join(folder, 'small/run/checkpoints')).sort()).toEqual([
      'last',
      'step-00000001',
    ]);
  });

  /** Skips the test where mounting is not permitted. */
  function mountTmpfs(context: TestContext, name: string, options: string): string {
    const path = join(folder, name);
    mkdirSync(path);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'pipe' });
    } catch {
      context.skip('mounting a file system is not permitted here');
    }
    mounts.push(path);
    return path;
  }
});
