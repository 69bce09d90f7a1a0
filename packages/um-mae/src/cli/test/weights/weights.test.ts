/** `um-mae inspect` and `um-mae convert`, on files of all kinds, hostile ones included. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Generator, tensor } from '@um-mae/torch';
import { readSafetensors, writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildObjective } from '../../../objectives/build.js';
import { parsePretrainRecipe } from '../../../recipes/parse.js';
import { modelRecipe } from '../../../recipes/pretrain/named.js';
import { temporaryFolder, umMae, umMaeAlone, writeImages } from '../../testing/command-line.js';

const folder = temporaryFolder();
const weights = join(folder, 'swin.pth');

beforeAll(() => {
  const recipe = parsePretrainRecipe(modelRecipe('swin-micro'));
  const model = buildObjective(recipe, { generator: new Generator(0) });
  writeTorchFile(weights, { model: model.state(), epoch: 7 });
});

describe('um-mae inspect', () => {
  test('tells which model a file is for, for people and for programs', async () => {
    const { code, stdout, stderr } = await umMaeAlone('inspect', weights);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^model +swin-micro, um-mae, by its shapes$/m);
    expect(stdout).toMatch(/^ +\d+ matched, 0 missing, 0 unexpected, 0 of another shape$/m);
    expect(stdout).toMatch(/^epoch +7$/m);
    expect(stdout).toMatch(/^patch_embed\.proj\.weight +f32 +\[32, 3, 2, 2\]$/m);
    const json = JSON.parse((await umMae('inspect', '--json', weights)).stdout);
    expect(json).toMatchObject({ format: 'pytorch', model: { name: 'swin-micro', fit: {} } });
  });
});

test('um-mae inspect prints no control characters of a file', async () => {
  const path = join(folder, 'escape.pth');
  writeTorchFile(path, { '\x1b[2J': tensor([1]), 'a\rb': tensor([1]) });
  const { code, stdout } = await umMae('inspect', path);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\ufffd\[2J +f32 +\[1\]$/m);
  expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
});

describe('um-mae convert', () => {
  test('makes weights that um-mae reconstruct draws with', async () => {
    const to = join(folder, 'converted.safetensors');
    expect((await umMaeAlone('convert', weights, to)).stdout).toMatch(
      /^Wrote .*: \d+ tensors of swin, um-mae\.\n\d+ matched, 0 missing, 0 dropped, 0 of another shape\.\n$/,
    );
    const images = join(folder, 'images');
    await writeImages(images, 1);
    const [image = ''] = readdirSync(images, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.png'))
      .map((path) => join(images, path));
    const picture = join(folder, 'picture.png');
    expect(await umMae('reconstruct', to, image, '--out', picture)).toMatchObject({
      code: 0,
    });
    expect(existsSync(picture)).toBe(true);
  });

  test('takes the average of a run, or the last weights where it is told to', async () => {
    const recipe = parsePretrainRecipe(modelRecipe('swin-micro'));
    const state = buildObjective(recipe, { generator: new Generator(1) }).state();
    const moved = new Map([...state].map(([name, value]) => [name, value.add(1)]));
    const checkpoint = join(folder, 'run/checkpoints/last');
    mkdirSync(checkpoint, { recursive: true });
    const metadata = { format: 'um-mae', recipe: JSON.stringify(recipe) };
    writeSafetensors(join(checkpoint, 'model.safetensors'), state, { metadata });
    writeSafetensors(join(checkpoint, 'average.safetensors'), moved, { metadata });

    const biasOf = (path: string) => readSafetensors(path).tensors.get('norm.bias')?.toArray();
    const convert = async (name: string, ...args: readonly string[]) => {
      const to = join(folder, name);
      const { code, stdout, stderr } = await umMae('convert', join(folder, 'run'), to, ...args);
      return { code, stdout, stderr, bias: code === 0 ? biasOf(to) : undefined };
    };
    const average = await convert('average.safetensors');
    expect(average.stdout).toContain(`from ${join(checkpoint, 'average.safetensors')}: `);
    expect(average.bias).toEqual(moved.get('norm.bias')?.toArray());
    const last = await convert('last.safetensors', '--weights', 'last');
    expect(last.stdout).toContain(`from ${join(checkpoint, 'model.safetensors')}: `);
    expect(last.bias).toEqual(state.get('norm.bias')?.toArray());
    expect(await convert('best.safetensors', '--weights', 'best')).toMatchObject({
      code: 2,
      stderr: `um-mae: Expected best weights in ${join(folder, 'run')} but got none.\n`,
    });
    const { stdout: help } = await umMae('convert', '--help');
    expect(help).toMatch(/--weights <which> +of a run or a checkpoint/);
  });

  test('says what does not fit', async () => {
    const to = join(folder, 'other.safetensors');
    const { code, stderr } = await umMae('convert', weights, to, '--recipe', 'swin-tiny');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^um-mae: Expected weights of this model in .* missing names: .*\nAdd --allow .*\n$/,
    );
    expect(existsSync(to)).toBe(false);
    const allowed = ['--allow', 'mask_token', '--allow', 'decoder_', '--set', 'decoder.depth=2'];
    expect(await umMae('convert', ...allowed, weights, to)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('a file that is no checkpoint', () => {
  /** The form of before PyTorch 1.6: magic number, version, system, then the pickle. */
  const legacy = (program: string) =>
    Buffer.from(
      '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.' +
        `\x80\x02}X\r\0\0\0little_endian\x88s.\x80\x02${program}.\x80\x02].`,
      'latin1',
    );
  const call = (module: string, name: string) => `c${module}\n${name}\nX\x02\0\0\0id\x85R`;

  test.each([
    ['os.system', legacy(call('os', 'system')), '`os.system`'],
    ['builtins.eval', legacy(call('builtins', 'eval')), '`builtins.eval`'],
    ['nested names', legacy('X\x05\0\0\0torchX\x09\0\0\0os.system\x93'), '`torch.os.system`'],
    ['a huge memo', legacy('Nr\xff\xff\xff\xff'), '4294967295'],
    ['deep lists', legacy(`${']'.repeat(9999)}${'a'.repeat(9998)}`), 'more'],
    ['a list in itself', legacy(']q\0h\0a'), 'a list of values without names'],
    ['a text', Buffer.from('weights'), 'a file that begins with 77656967'],
    ['a torn zip file', Buffer.from('PK\x03\x04torn'), 'none, or the beginning of one'],
    ['nothing', Buffer.alloc(0), 'an empty file'],
  ])('is refused in one sentence: %s', async (_, bytes, found) => {
    const path = join(folder, 'hostile.pth');
    writeFileSync(path, bytes);
    const { code, stdout, stderr } = await umMae('convert', path, join(folder, 'out.safetensors'));
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^um-mae: Expected .* in .*hostile\.pth(, by .*,)? but got .*\.\n(Nothing .*\n)?$/,
    );
    expect(stderr).toContain(found);
    expect(existsSync(join(folder, 'out.safetensors'))).toBe(false);
  });

  test('is none of a NumPy array beyond 4 MB, whose text is read as bytes', async () => {
    const long = (value: string) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(value.length);
      return `X${bytes.toString('latin1')}${value}`;
    };
    const count = 1_250_000;
    const shape = Buffer.alloc(4);
    shape.writeInt32LE(count);
    const made = `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85${long('b')}tR`;
    const type = `cnumpy\ndtype\n${long('f4')}\x89\x88\x87R(K\x03${long('<')}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb`;
    const values = `c_codecs\nencode\n${long('a'.repeat(4 * count))}${long('latin1')}\x86R`;
    const state = `(K\x01J${shape.toString('latin1')}\x85${type}\x89${values}t`;
    const path = join(folder, 'numpy.pth');
    writeFileSync(path, legacy(`}${long('words')}${made}${state}bs`));
    const { stdout, stderr } = await umMae('inspect', path);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^words +f32 +\[1250000\]$/m);
  });

  test.each(['pipe.pth', 'pipe.safetensors'])(
    'is refused when it is a pipe that nobody writes to: %s',
    async (name) => {
      const path = join(folder, name);
      execFileSync('mkfifo', [path]);
      const stderr = `um-mae: Expected to read ${path} but got no regular file.\n`;
      const refused = { code: 2, stdout: '', stderr };
      expect(await umMae('inspect', path)).toEqual(refused);
      expect(await umMae('convert', path, join(folder, 'unpiped.pth'))).toEqual(refused);
    },
  );

  test('is refused when it is cut off, missing, or of no known form', async () => {
    const path = join(folder, 'cut.pth');
    writeTorchFile(path, { model: { a: tensor([1]) } });
    truncateSync(path, 100);
    for (const name of ['cut.pth', 'missing.pth', 'missing.safetensors', 'missing']) {
      const { code, stderr } = await umMae('inspect', join(folder, name));
      expect(code).toBe(2);
      expect(stderr).toMatch(/^um-mae: Expected .* but got.*\n$/);
    }
  });
});
