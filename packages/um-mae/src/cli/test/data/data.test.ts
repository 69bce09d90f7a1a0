import {
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { beforeAll, describe, expect, test } from 'vitest';
import { openTrainingImages } from '../../../data/classified-images.js';
import { tarEnd, tarHeader, tarPadding } from '../../../data/curation/tar-writer.js';
import { writeTiff } from '../../../images/testing/write-tiff.js';
import type { PretrainEvent } from '../../../tasks/pretrain/events.js';
import {
  refusal,
  startUmMae,
  temporaryFolder,
  tinyModel,
  umMae,
  umMaeAlone,
  writeImages,
} from '../../testing/command-line.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const photos = at('photos/train');
const shards = at('shards');

beforeAll(async () => {
  await writeImages(at('photos'), 3);
  const packed = await umMaeAlone('data', 'pack', photos, '--out', shards, '--shard-size', '10');
  expect(packed).toMatchObject({ code: 0, stderr: '' });
  expect(packed.stdout).toMatch(/^24 images in 3 shards, \d+ kB, in .*shards\n/);
});

const training = (out: string, ...data: readonly string[]) => [
  ...['pretrain', ...tinyModel, '--batch-size', '8', '--epochs', '2', '--out', at(out)],
  ...['--checkpoint-every', '1', '--json', '--data', ...data],
];

/** Gives the refusal of training on `data`, which leaves no run directory behind. */
async function refusedData(...data: readonly string[]): Promise<string> {
  const sentence = await refusal(...training('refused', ...data));
  expect(readdirSync(folder)).not.toContain('refused');
  return sentence;
}

/** The losses of a run, which its weights depend on. */
function losses(run: string) {
  const lines = readFileSync(at(`${run}/metrics.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => {
    const { kind, step, loss } = JSON.parse(line);
    return { kind, step, loss };
  });
}

function writeTar(path: string, members: Readonly<Record<string, Uint8Array>>) {
  const parts = Object.entries(members).flatMap(([name, bytes]) => [
    tarHeader(name, bytes.length),
    bytes,
    tarPadding(bytes.length),
  ]);
  writeFileSync(path, Buffer.concat([...parts, tarEnd]));
}

describe('um-mae pretrain on shards', () => {
  test('trains as on files, and after a kill in the middle of an epoch too', async () => {
    expect((await umMae(...training('files', photos))).code).toBe(0);
    const pattern = join(shards, '{000000..000002}.tar');
    const running = startUmMae(training('killed', pattern), (line) => {
      const event: PretrainEvent = JSON.parse(line);
      if (event.kind === 'checkpoint' && event.step === 2) running.child.kill('SIGKILL');
    });
    expect((await running.outcome).code).toBe(null);
    const resumed = await umMae('pretrain', '--resume', '--out', at('killed'));
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect(losses('killed')).toEqual(losses('files'));

    const other = await umMae('pretrain', '--resume', '--out', at('killed'), '--data', photos);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain(
      'Expected the 24 images that the run began with, by their names and labels, but got others.',
    );
  });

  test('skips members that are no images, whatever they are called, and writes none', async () => {
    const [name = ''] = readdirSync(join(photos, 'disc-above-square'));
    const good = readFileSync(join(photos, 'disc-above-square', name));
    const members: Record<string, Uint8Array> = {
      '../../../escape.jpg': Buffer.from('no image'),
      [at('absolute.jpg')]: good,
    };
    for (let i = 0; i < 14; i++) members[`fine/${i}.png`] = good;
    writeTar(at('mixed.tar'), members);
    const before = readdirSync(folder);
    const args = [...training('mixed', at('mixed.tar')), '--max-unreadable', '0.1'];
    expect(await umMae(...args)).toMatchObject({ code: 0, stderr: '' });
    const [line = ''] = readFileSync(at('mixed/skipped.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(line)).toMatchObject({
      path: `${at('mixed.tar')}/../../../escape.jpg`,
      reason: 'not an image of a known format',
    });
    expect(readdirSync(folder)).toEqual([...before, 'mixed', 'mixed.tar.index'].sort());
  });

  test('refuses a truncated shard, and one that is no archive', async () => {
    await mkdir(at('cut'));
    await cp(shards, at('cut'), { recursive: true });
    const shard = at('cut/000001.tar');
    truncateSync(shard, 5000);
    expect(await refusedData(at('cut'))).toMatch(
      /^Expected a whole tar archive in .*cut\/000001\.tar but got one that ends after 5000 bytes .*\.\nCopy or pack it again\.\n$/,
    );
    writeFileSync(shard, 'no archive'.repeat(200));
    expect(await refusedData(at('cut'))).toMatch(
      /^Expected a header of a tar archive at byte 0 of /,
    );
    expect(await refusedData(join(shards, '{000000..000009}.tar'))).toMatch(
      /^Expected a folder or an image at `.*000003\.tar` but got nothing there\.\n/,
    );
  });

  test('reads a shard anew when its index does not fit', async () => {
    await cp(shards, at('stale'), { recursive: true });
    writeFileSync(at('stale/000000.tar'), readFileSync(join(shards, '000002.tar')));
    utimesSync(at('stale/000000.tar'), 1, 1);
    const { code, stdout } = await umMae('data', 'check', at('stale'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ images: 18, unreadable: [] });
    expect(JSON.parse(stdout).duplicates).toHaveLength(4);
  });
});

describe('um-mae pretrain on lists and tables', () => {
  test('refuses a list with a missing file, a malformed line, or nothing', async () => {
    const list = (text: string) => writeFileSync(at('list.txt'), text);
    list('photos/train/disc-above-square/0000.png 3\nphotos/gone.png 1\n');
    expect(await refusedData(at('list.txt'))).toMatch(
      /^Expected the image of line 2 of .*list\.txt at `.*photos\/gone\.png` but got nothing there\.\n/,
    );
    list('photos/train/disc-above-square/0000 three\n');
    expect(await refusedData(at('list.txt'))).toMatch(
      /on line 1 of .*list\.txt but got "photos.* three"\.\n$/,
    );
    list('\n');
    expect(await refusedData(at('list.txt'))).toMatch(/but got no lines\.\n$/);
  });

  test('begins paths where --data-root says', async () => {
    const classes = readdirSync(photos);
    const lines = classes.map((name, i) => `${name}/0000.png ${i}`);
    writeFileSync(at('rooted.txt'), lines.join('\n'));
    const args = [...training('rooted', at('rooted.txt')), '--data-root', photos];
    expect(await umMae(...args)).toMatchObject({ code: 0, stderr: '' });
  });

  test('refuses Parquet without images', async () => {
    const filename = at('words.parquet');
    parquetWriteFile({ filename, columnData: [{ name: 'word', data: ['a'], type: 'STRING' }] });
    expect(await refusedData(filename)).toMatch(
      /^Expected a column `image` of encoded images in .* but got `word`\.\n/,
    );
  });
});

describe('um-mae data', () => {
  test('check tells what it finds, and ends well', async () => {
    await cp(photos, at('doubtful'), { recursive: true });
    writeFileSync(at('doubtful/text.png'), 'no image');
    const { code, stdout, stderr } = await umMae('data', 'check', at('doubtful'), '--tiny', '41');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      `25 images\n1 unreadable\n  ${at('doubtful/text.png')}: not an image of a known format\n24 with a side below 41 pixels\n`,
    );
    expect(stdout).toContain('  and 14 more, which --json lists\n');
    expect(stdout).toMatch(
      /\n0 groups of equal files\nmean of red, green, blue +0\.\d{4} 0\.\d{4} 0\.\d{4}\n/,
    );
  });

  test('check warns of images on which nothing is to be seen, and names HEIC', async () => {
    mkdirSync(at('strange'));
    const write = (name: string, bytes: Uint8Array) => writeFileSync(at(`strange/${name}`), bytes);
    write('twelve-bits.tif', writeTiff({ samples: [4095], bits: 16 }));
    write('flat.tif', writeTiff({ samples: [200, 201, 202] }));
    write('signed.tif', writeTiff({ samples: [-5], bits: 16, format: 2 }));
    write('phone.jpg', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'));
    const { code, stdout } = await umMae('data', 'check', at('strange'), '--tiny', '1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 nearly black all over; are they of 10 .*\n {2}.*twelve-bits\.tif\n/);
    expect(stdout).toMatch(/1 nearly of one level all over\n {2}.*flat\.tif\n/);
    expect(stdout).toMatch(/phone\.jpg: a HEIC photo, which is not read here \(convert it to JPEG/);
    expect(stdout).toMatch(/signed\.tif: a TIFF of signed samples of 16 bits/);
  });

  test.each([
    ['check of nothing', ['check'], /^missing required argument 'source'\n$/],
    [
      'check of a missing folder',
      ['check', at('gone')],
      /^Expected a folder or an image at `.*gone` but got nothing there/,
    ],
    [
      'a negative ratio',
      ['check', photos, '--aspect', '-1'],
      /argument '-1' is invalid\. Expected a number above 0\.\n$/,
    ],
    [
      'a split of images without classes',
      ['split', join(photos, '..'), '--out', at('one')],
      /^Expected images in folders of classes, FOLDER\/CLASS\/, to split but got .*\.\n$/,
    ],
    ['pack to nowhere', ['pack', photos], /^required option '--out <folder>' not specified\n$/],
    [
      'pack into a folder that holds something',
      ['pack', photos, '--out', shards],
      /^Expected an empty folder for the shards but got .*shards, which holds 000000\.tar and more\.\nChoose another --out\.\n$/,
    ],
  ])('refuses %s', async (_, args, sentence) => {
    const before = readdirSync(shards);
    expect(await refusal('data', ...args)).toMatch(sentence);
    expect(readdirSync(shards)).toEqual(before);
  });
});

describe('um-mae data split', () => {
  const lines = (list: string) => readFileSync(at(list), 'utf8').trimEnd().split('\n');

  test('lists images of each class to train on, and the others to evaluate on', async () => {
    const { code, stdout } = await umMae('data', 'split', photos, '--out', at('lists'));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^16 images to train on and 8 to evaluate on, of 8 classes, in .*lists\n/,
    );
    expect(stdout).toMatch(
      /Next: um-mae finetune --from RUN --train \S+train\.txt --val \S+val\.txt/,
    );
    const [train, val] = [lines('lists/train.txt'), lines('lists/val.txt')];
    expect(new Set([...train, ...val]).size).toBe(24);
    expect(new Set(val.map((path) => path.split('/').at(-2))).size).toBe(8);
    const paths = { train: at('lists/train.txt'), val: at('lists/val.txt') };
    const images = await openTrainingImages(paths);
    expect(images.classes).toHaveLength(8);
    // The folder of the images decides nothing, and the seed does.
    await cp(photos, at('copied'), { recursive: true });
    for (const [from, seed, isSame] of [
      ['copied', '0', true],
      ['photos/train', '1', false],
    ] as const) {
      const again = at(`lists-${seed}`);
      await umMae('data', 'split', at(from), '--out', again, '--seed', seed);
      const names = lines(`lists-${seed}/val.txt`).map((path) => path.split('/').slice(-2).join());
      expect(names.join() === val.map((path) => path.split('/').slice(-2).join()).join()).toBe(
        isSame,
      );
    }
  });

  test('is what fine-tuning advises for a folder of classes alone', async () => {
    const start = ['finetune', '--from', 'none', '--model', 'swin-micro', '--out', at('tuned')];
    expect(await refusal(...start, '--data', photos)).toMatch(
      /^Expected folders train and val in .*train but got no train\.\n`um-mae data split .*train --out LISTS`/,
    );
  });
});

describe('um-mae bench data', () => {
  test('prints one JSON object with every figure', async () => {
    const args = ['bench', 'data', photos, '--images', '32', '--size', '32', '--workers', '2'];
    const { code, stdout, stderr } = await umMae(...args, '--python', 'no-python', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ images: 24, size: 32, workers: 2, pillow: null, ratio: null });
    for (const name of ['imagesPerSecond', 'imagesPerProcessorSecond']) {
      expect(report[name], name).toBeGreaterThan(0);
    }
  });
});
