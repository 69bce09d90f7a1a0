/** The use of a segmentor: evaluation, features, predictions, and its graphs. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pipeline } from '@huggingface/transformers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusal, reported, umMae, umMaeAlone } from '../../testing/command-line.js';
import { metricsOf } from '../../testing/kept-runs.js';
import { SegmentedSquares } from '../../testing/sets/segmented-squares.js';
import { writeSquares } from '../../testing/sets/squares.js';

const squares = new SegmentedSquares();
const { folder, data, run } = squares;
beforeAll(() => squares.prepare('--epochs', '1'));

describe('evaluate', () => {
  test('gives mean IoU over the whole set, and a table of classes', async () => {
    const last = metricsOf(run).filter(({ kind }) => kind === 'evaluation');
    const best = Math.max(...last.map(({ meanIou }) => Number(meanIou)));
    const found = await reported('evaluate', run);
    expect(found.meanIou).toBe(best);
    expect(found.classes).toHaveLength(3);
    const { stdout } = await umMae('evaluate', run, '--data', join(data, 'val'));
    expect(stdout).toContain('mean IoU over 3 of 3 classes');
    expect(stdout).toMatch(/^square +[\d.-]+ %/m);
  });
});

describe('evaluate on another set', () => {
  test('says where its classes have no names, or others', async () => {
    const other = join(folder, 'unnamed');
    await writeSquares(other, { train: 1, val: 2 });
    const names = join(other, 'masks/classes.txt');
    writeFileSync(names, 'ground\nsquare\ncircle\n');
    const renamed = await umMae('evaluate', run, '--data', join(other, 'val'));
    expect(renamed.stdout).toMatch(
      /^classes of the run that have other names in classes\.txt: 1 \(disc\)\n/,
    );
    rmSync(names);
    const { remarks } = await reported('evaluate', run, '--data', join(other, 'val'));
    expect(remarks).toEqual([
      {
        what: 'classes without a name beside the masks, known by their values',
        count: 3,
        examples: ['ground', 'square', 'disc'],
      },
    ]);
  });

  test('reads masks by the names that it gives, where its values are others', async () => {
    const other = join(folder, 'swapped');
    await writeSquares(other, { train: 1, val: 3 });
    const expected = await reported('evaluate', run, '--data', join(other, 'val'));
    for (const name of readdirSync(join(other, 'masks/val'))) {
      const mask = join(other, 'masks/val', name);
      const { data: values, info } = await sharp(mask).raw().toBuffer({ resolveWithObject: true });
      const swapped = values.map((value) => [0, 7, 1][value] ?? value);
      const grey = sharp(swapped, { raw: info }).toColourspace('b-w').png();
      await grey.toFile(`${mask}.new`);
      renameSync(`${mask}.new`, mask);
    }
    const names = join(other, 'masks/classes.txt');
    writeFileSync(names, '0 ground\n1 disc\n7 square\n');
    const { remarks, ...found } = await reported('evaluate', run, '--data', join(other, 'val'));
    expect(found).toEqual({ ...expected, remarks: undefined });
    expect(remarks).toEqual([
      {
        what: 'values of masks, read by their names in classes.txt and not as in the run',
        count: 1,
        examples: ['1 = disc, once square'],
      },
    ]);
    writeFileSync(names, '0 ground\n1 disc\n7 ring\n');
    expect(await refusal('evaluate', run, '--data', join(other, 'val'))).toMatch(
      /^Expected one meaning of 1 in the masks of .* but got `disc` by classes\.txt, and `square` by the run, which does not know its `ring`\.\nName the values/,
    );
    writeFileSync(names, '0 ground\n1 disc\n7 void\n');
    const { classes } = await reported('evaluate', run, '--data', join(other, 'val'));
    expect(classes).toMatchObject([{}, { name: 'square', labelled: 0 }, {}]);
  });

  test('leaves out what is excluded, and refuses flags about classes of images', async () => {
    const val = ['--data', join(data, 'val')];
    expect((await reported('evaluate', run, ...val, '--exclude', '0.png')).images).toBe(2);
    expect(await refusal('evaluate', run, ...val, '--label-column', 'kind')).toBe(
      'Expected no --label-column for a segmentor but got kind.\n',
    );
  });

  test('refuses values that the run does not know, and damaged or missing masks', async () => {
    const other = join(folder, 'more');
    await writeSquares(other, { train: 1, val: 1 });
    const mask = join(other, 'masks/val/0.png');
    await sharp({ create: { width: 48, height: 40, channels: 3, background: '#070707' } })
      .toColourspace('b-w')
      .png()
      .toFile(mask);
    expect(await refusal('evaluate', run, '--data', join(other, 'val'))).toMatch(
      /^Expected the values 0 to 2 in the masks of .* but got 7 in a mask.*\nName such values in classes\.txt/,
    );
    rmSync(mask);
    expect(await refusal('evaluate', run, '--data', join(other, 'val'))).toMatch(/^Expected /);
  });
});

test('its encoder gives features, as that of any run', async () => {
  const out = join(folder, 'features.safetensors');
  const { code, stderr } = await umMae('embed', run, join(data, 'images/val'), '--out', out);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

const paint = (size: { width: number; height: number }, file: string) =>
  sharp({ create: { ...size, channels: 3, background: '#808080' } })
    .jpeg()
    .toFile(file);

describe('predict', () => {
  test('writes classes as a PNG with a palette, and a picture for people', async () => {
    const image = join(data, 'images/val/0.png');
    const [out, overlay] = [join(folder, 'out.png'), join(folder, 'overlay.png')];
    const { stdout, code } = await umMae('predict', run, image, '--out', out, '--overlay', overlay);
    expect(code).toBe(0);
    expect(stdout).toMatch(/: (ground|square|disc) \d+\.\d %/);
    expect(await sharp(out).metadata()).toMatchObject({ format: 'png', width: 48, height: 40 });
    // The colour type of indices with a palette.
    expect(readFileSync(out)[25]).toBe(3);
    // The image, and a legend of its classes below it.
    const seen = await sharp(overlay).metadata();
    expect(seen).toMatchObject({ width: 240, channels: 3 });
    expect(seen.height).toBeGreaterThan(40 + 12);
  });

  test('says and writes in two processes what it does in one', async () => {
    const images = [0, 1, 2].map((name) => join(data, `images/val/${name}.png`));
    const predict = ['predict', run, ...images, '--json', '--workers', '1', '--out'];
    const [one, two] = [join(folder, 'by-one'), join(folder, 'by-two')];
    const alone = await umMae(...predict, one, '--overlay', `${one}-seen`);
    const devices = ['--devices', '2', '--patience', '60'];
    const together = await umMaeAlone(...predict, two, '--overlay', `${two}-seen`, ...devices);
    expect(together).toEqual(alone);
    expect(alone.stdout.trimEnd().split('\n')).toHaveLength(3);
    for (const kind of ['', '-seen'])
      for (const name of ['0', '1', '2']) {
        const [expected, found] = [one, two].map((out) =>
          readFileSync(`${out}${kind}/${name}.png`),
        );
        expect(found?.equals(expected ?? Buffer.alloc(0)), `${name}${kind}`).toBe(true);
      }
  });

  test('refuses one file for several pictures, and another ending than .png', async () => {
    const images = [join(data, 'images/val/0.png'), join(data, 'images/val/1.png')] as const;
    const both = join(folder, 'both.png');
    expect(await refusal('predict', run, ...images, '--overlay', both)).toMatch(
      /^Expected a folder for the pictures of 2 images but got .*both\.png, the name of a file\.\n$/,
    );
    const other = join(folder, 'one.jpg');
    expect(await refusal('predict', run, images[0], '--out', other)).toMatch(
      /^Expected a file that ends in \.png for a picture but got .*one\.jpg\.\n$/,
    );
    for (const path of [both, other]) expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['of one pixel', { width: 1, height: 1 }],
    ['of 20,000 columns', { width: 20_000, height: 3 }],
  ])('takes an image %s', async (_, size) => {
    const [image, out] = [join(folder, 'odd.jpg'), join(folder, 'odd.png')];
    await paint(size, image);
    rmSync(out, { force: true });
    const { code, stderr } = await umMae('predict', run, image, '--out', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await sharp(out).metadata()).toMatchObject(size);
  });

  test('refuses to replace the image', async () => {
    const image = join(data, 'images/val/0.png');
    expect(await refusal('predict', run, image, '--out', image)).toContain('one of them');
  });
});

describe('export', () => {
  test('writes a folder by which transformers.js finds the masks of our classes', async () => {
    const out = join(folder, 'exported');
    expect(await umMae('export', run, '--out', out)).toMatchObject({ code: 0, stderr: '' });
    const segment = await pipeline('image-segmentation', `${out}/`);
    const masks = await segment(join(data, 'images/val/0.png'));
    await segment.dispose();
    const found = masks.flat().map(({ label, mask }) => [label, mask.width, mask.height]);
    expect(found.length).toBeGreaterThan(0);
    for (const [label, ...size] of found) {
      expect(['ground', 'square', 'disc']).toContain(label);
      expect(size).toEqual([48, 40]);
    }
  });
});

describe('export as ONNX', () => {
  const exported = (name: string, ...flags: readonly string[]) =>
    reported('export', run, '--out', join(folder, name), ...flags);

  test('gives logits of a crop, or classes of images of any size, with colours', async () => {
    const fixed = await exported('logits.onnx');
    expect(fixed.outputs).toEqual([{ name: 'logits', shape: ['batch', 3, 32, 32] }]);
    const { outputs, isOpen } = await exported('any.onnx', '--size', 'dynamic', '--argmax');
    expect(isOpen).toBe(true);
    const shape = ['batch', 'height', 'width'];
    expect(outputs).toEqual([{ name: 'classes', shape, type: 'i32' }]);
    const session = await InferenceSession.create(join(folder, 'any.onnx'));
    const images = new Tensor('float32', new Float32Array(3 * 45 * 77), [1, 3, 45, 77]);
    expect((await session.run({ pixel_values: images })).classes?.dims).toEqual([1, 45, 77]);
    const text = readFileSync(join(folder, 'any.onnx'), 'latin1');
    for (const part of ['colours', '["#', '["ground","square","disc"]', 'scale', 'short'])
      expect(text).toContain(part);
    const other = await exported('other.onnx', '--size', '64x96');
    expect(other).toMatchObject({ image: { height: 64, width: 96 }, isOpen: false });
  });

  test('prints programs in its cards that write a mask', async () => {
    symlinkSync(
      fileURLToPath(new URL('../../../../../../node_modules', import.meta.url)),
      join(folder, 'node_modules'),
    );
    await paint({ width: 90, height: 60 }, join(folder, 'cat.jpg'));
    for (const [name, ...flags] of [
      ['seen.onnx', '--size', 'dynamic'],
      ['classes.onnx', '--argmax'],
    ] as const) {
      const { card } = await exported(name, ...flags);
      const text = readFileSync(card, 'utf8');
      expect(text).toMatch(/`square` #[0-9a-f]{6}/);
      const [, program = ''] = /^```js\n(.*?)^```$/ms.exec(text) ?? [];
      writeFileSync(join(folder, 'card.mjs'), program);
      execFileSync(process.execPath, ['card.mjs'], { cwd: folder });
      const { width } = await sharp(join(folder, 'mask.png')).metadata();
      expect(width).toBe(name === 'seen.onnx' ? 60 : 32);
    }
  });

  test.each<[string, readonly string[], RegExp]>([
    ['another form', ['exported', '--argmax'], /^Expected a segmentor as a \.onnx file .* form\./],
    ['its features', ['b.onnx', '--kind', 'backbone', '--argmax'], /but got a backbone\.\n$/],
    ['a size without a grid', ['c.onnx', '--size', '40x64'], /a multiple of 16 pixels .* 40x64/],
    ['no size', ['c.onnx', '--size', 'large'], /Expected a whole number above 0/],
    ['one side', ['c.onnx', '--size', '64'], /Expected a height and a width such as 512x1024/],
  ])('of %s is refused', async (_, [name = '', ...flags], sentence) => {
    const out = join(folder, 'refused', name);
    expect(await refusal('export', run, '--out', out, ...flags)).toMatch(sentence);
    expect(existsSync(out)).toBe(false);
  });
});

describe('predict into folders', () => {
  test('makes folders of its pictures, and refuses two images of one name', async () => {
    const image = join(data, 'images/val/0.png');
    const out = join(folder, 'new/folder/out.png');
    expect(await umMae('predict', run, image, '--out', out)).toMatchObject({ code: 0 });
    expect(existsSync(out)).toBe(true);
    const same = [image, join(data, 'images/train/0.png')];
    expect(await refusal('predict', run, ...same, '--out', join(folder, 'both'))).toMatch(
      /^Expected images of different names .* but got several of the name 0\./,
    );
  });
});
