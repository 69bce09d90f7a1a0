/** Mistakes in masks, each of which is told before anything is learnt, in one sentence. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { tarEnd, tarHeader, tarPadding } from '../../data/curation/tar-writer.js';
import { openPairedImages } from '../../data/segmentation/open-paired-images.js';
import { ImageReader } from '../../data/sources/read-image.js';
import { pngColour, writePng } from '../../images/png/png-file.js';
import { refusal, reported, temporaryFolder, umMae, umMaeAlone } from '../testing/command-line.js';

const folder = temporaryFolder();
const at = (...names: readonly string[]) => join(folder, ...names);

type Size = readonly [width: number, height: number];

function put(path: string, bytes: Buffer | string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

/** An image of one grey. */
async function jpeg([width, height]: Size = [8, 6], orientation = 1): Promise<Buffer> {
  const create = { width, height, channels: 3, background: '#777' } as const;
  return sharp({ create }).jpeg().withMetadata({ orientation }).toBuffer();
}

/** Values that take turns, as grey levels or, with a palette, as indices. */
function mask(
  values: readonly number[],
  [width, height]: Size = [8, 6],
  palette?: Uint8Array,
): Buffer {
  const pixel = (at: number) => values[Math.floor((at * values.length) / (width * height))] ?? 0;
  const rows = Array.from({ length: height }, (_, row) => [
    0,
    ...Array.from({ length: width }, (__, column) => pixel(row * width + column)),
  ]);
  const colour = palette ? pngColour.index : pngColour.grey;
  const header = { width, height, bits: 8, colour } as const;
  return writePng(header, {
    rows: Uint8Array.from(rows.flat()),
    palette: palette ?? new Uint8Array(),
  });
}

/** Colours that take turns. */
async function colours(
  levels: readonly number[][],
  [width, height]: Size = [8, 6],
): Promise<Buffer> {
  const pixels = Array.from(
    { length: width * height },
    (_, i) => levels[Math.floor((i * levels.length) / (width * height))] ?? [],
  );
  const raw = { width, height, channels: 3 } as const;
  return sharp(Uint8Array.from(pixels.flat()), { raw }).png().toBuffer();
}

/** A set of images/ and masks/ with a part for training and one for validation. */
async function pairs(
  name: string,
  train: Readonly<Record<string, Buffer>>,
  val: Readonly<Record<string, Buffer>> = train,
): Promise<string> {
  for (const [part, masks] of Object.entries({ train, val })) {
    for (const [stem, bytes] of Object.entries(masks)) {
      put(at(name, 'images', part, `${stem}.jpg`), await jpeg());
      put(at(name, 'masks', part, `${stem}.png`), bytes);
    }
  }
  return at(name);
}

const check = (set: string, ...flags: readonly string[]) => ['data', 'check', set, ...flags];

/** The values of a recipe that say what flags of `data check` say. */
const settings: Readonly<Record<string, (value: string) => string>> = {
  '--classes': (value) => `data.classes={${value.replaceAll('=', ': ')}}`,
  '--ignore': (value) => `data.ignore=[${value}]`,
};

/** The sentence by which `data check` refuses a set, as does `finetune` before its first step. */
async function refused(set: string, ...flags: readonly string[]): Promise<string> {
  const sentence = await refusal(...check(set, ...flags));
  const given = flags.flatMap((flag, i) => {
    const write = settings[flag];
    return write ? ['--set', write(flags[i + 1] ?? '')] : [];
  });
  const out = at('never');
  const finetune = ['finetune', '--task', 'segmentation', '--from', 'none', '--data', set];
  const small = ['--model', 'swin-micro', '--threads', '1', '--steps', '1', '--out', out];
  expect(await refusal(...finetune, ...given, ...small)).toBe(sentence);
  expect(existsSync(out)).toBe(false);
  return sentence;
}

describe('um-mae data check of images with masks', () => {
  test('tells layout, pairs, sizes, values and shares', async () => {
    const set = await pairs('fine', { a: mask([0, 1, 2, 255]), b: mask([0, 1]) });
    put(at('fine/images/train/alone.jpeg'), await jpeg());
    put(at('fine/masks/val/c.png'), mask([1]));
    const { code, stdout, stderr } = await umMaeAlone(...check(set));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      `train: 2 images with masks (grey) in ${set}: images/ and masks/, part train\n`,
    );
    expect(stdout).toContain('train: 1 images without a mask: alone.jpeg\n');
    expect(stdout).toContain('val: 1 masks without an image: c.png\n');
    expect(stdout).toContain('  sizes: 8 x 6 (2)\n');
    expect(stdout).toContain(
      '3 classes, named by the values of the masks, in % of labelled pixels\n',
    );
    expect(stdout).toMatch(/class 1 +1 +42\.86 +42\.86\n/);
    expect(stdout).toMatch(/ignored of all +255 +12\.50 +12\.50\n/);
    expect(stdout).toContain('4 images\n');
    const { masks } = await reported(...check(set));
    expect(masks.classes[2]).toEqual({
      name: 'class 2',
      masks: [2],
      colour: '#008000',
      shares: [12 / 84, 12 / 84],
    });
  });

  test('takes names, colours and void from a file, and follows changed masks', async () => {
    const set = await pairs('named', { a: mask([0, 1, 2]) });
    put(at('named/classes.txt'), '0\tsky\t1,2,3\n1\ttraffic light\t#0a0b0c\n2\tvoid\n');
    const before = await reported(...check(set));
    expect(before.masks).toMatchObject({ namedBy: 'classes.txt', ignore: [2, 255] });
    expect(before.masks.classes).toEqual([
      { name: 'sky', masks: [0], colour: '#010203', shares: [0.5, 0.5] },
      { name: 'traffic light', masks: [1], colour: '#0a0b0c', shares: [0.5, 0.5] },
    ]);
    put(at('named/masks/train/a.png'), mask([0, 0, 0, 1]));
    const { masks } = await reported(...check(set));
    expect(masks.classes[0].shares).toEqual([0.75, 0.5]);
  });
});

describe('masks that are left out', () => {
  test('by patterns are neither paired nor scanned', async () => {
    const set = await pairs('excluded', { a: mask([0, 1]), 'a.bad': mask([0, 9]) });
    const { masks } = await reported(...check(set, '--exclude', '*.bad.*'));
    expect(masks.parts.map(({ images }: { images: number }) => images)).toEqual([1, 1]);
    expect(masks.classes).toHaveLength(2);
    const one = await reported(...check(set, '--exclude', 'masks/train/a.bad.png'));
    expect(one.masks.parts[0].imagesWithoutMask).toEqual([join(set, 'images/train/a.bad.jpg')]);
  });
});

describe('masks', () => {
  test('of 0 and 255 are told how to name the two', async () => {
    const set = await pairs('binary', { a: mask([0, 255]) });
    expect(await refused(set)).toBe(
      `Expected classes in the masks of ${set} but got only 0 and 255, and 255 means "ignore".\n` +
        'Name it: `data.classes: {background: 0, object: 255}`.\n',
    );
    const { masks } = await reported(...check(set, '--classes', 'background=0,object=255'));
    expect(
      masks.classes.map(({ name, shares }: { name: string; shares: number[] }) => [
        name,
        shares[0],
      ]),
    ).toEqual([
      ['background', 0.5],
      ['object', 0.5],
    ]);
  });

  test('with a value beyond the classes are named, and nothing is clamped', async () => {
    const set = await pairs('beyond', { a: mask([0, 1]), x: mask([0, 1, 2]) });
    expect(await refused(set, '--classes', 'a=0,b=1')).toBe(
      `Expected the values 0 to 1 in the masks of ${set} but got 2 in 2 masks (first: x.png, 16 pixels, 32 in all).\n` +
        'Add it to data.classes or to data.ignore.\n',
    );
    const { masks } = await reported(...check(set, '--classes', 'a=0,b=1', '--ignore', '2'));
    expect(masks.parts[0].ignoredShare).toBeCloseTo(16 / 96);
  });

  test('keep class 0, which is a class like others unless it is ignored', async () => {
    const set = await pairs('zero', { a: mask([0, 1, 2]) });
    const all = await reported(...check(set));
    expect(all.masks.classes).toHaveLength(3);
    const { masks } = await reported(...check(set, '--ignore', '0'));
    expect(masks.classes.map(({ name }: { name: string }) => name)).toEqual(['class 1', 'class 2']);
    expect(await refused(set, '--classes', 'a=0,b=1,c=2', '--ignore', '1')).toBe(
      'Expected each value of masks to have one meaning but got 1 for `b` and `ignore`.\n',
    );
  });

  test('in colours need a table, which is suggested, and tell unknown colours with the nearest', async () => {
    const [road, sky, odd] = [
      [128, 64, 128],
      [1, 2, 3],
      [128, 64, 129],
    ];
    const set = await pairs('coloured', { a: await colours([road ?? [], sky ?? []]) });
    expect(await refused(set)).toBe(
      `Expected the colours of classes for the masks of ${set} but got none, and masks of 2 colours (#010203 50.0 %, #804080 50.0 %).\n` +
        'Name them in data.classes, or in classes.txt beside the masks: um-mae data check --suggest-classes writes it.\n',
    );
    const { stdout } = await umMae(...check(set, '--suggest-classes'));
    expect(stdout.split('\n')[0]).toBe('0\tclass_0\t1,2,3  # #010203: 50.00 % of all pixels');
    put(at('coloured/classes.txt'), stdout);
    const { masks } = await reported(...check(set));
    expect(masks.classes).toHaveLength(2);
    put(at('coloured/masks/train/a.png'), await colours([road ?? [], sky ?? [], odd ?? []]));
    expect(await refused(set)).toContain(
      'but got #804081 in a mask (first: a.png, 16 pixels; the nearest is #804080, class_1).\n',
    );
  });

  test('of three equal channels are grey levels', async () => {
    const grey = await colours([
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
    ]);
    const set = await pairs('grey', { a: grey });
    const { masks } = await reported(...check(set));
    expect(masks.classes.map(({ masks: values }: { masks: number[] }) => values)).toEqual([
      [0],
      [1],
      [2],
    ]);
  });

  test('with a palette are their indices, in its colours', async () => {
    const palette = Uint8Array.of(9, 8, 7, 200, 0, 0);
    const set = await pairs('palette', { a: mask([0, 1], [8, 6], palette) });
    const { masks } = await reported(...check(set));
    expect(masks.classes).toMatchObject([{ colour: '#090807' }, { colour: '#c80000' }]);
  });

  test('that are JPEG files or blended are refused', async () => {
    const set = await pairs('jpeg', { a: mask([0, 1]) });
    put(at('jpeg/masks/train/a.png'), await jpeg());
    expect(await refused(set)).toMatch(
      /^Expected masks that keep their values in .*jpeg but got a JPEG file: .*masks\/train\/a\.png\.\nSave masks as PNG\.\n$/,
    );
    const ramp = Array.from({ length: 200 }, (_, i) => i);
    const size = [600, 400] as const;
    const smooth = await sharp(
      mask([...Array(500).fill(0), ...ramp, ...Array(500).fill(200)], size),
    )
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const blended = await pairs('blended', { a: smooth });
    for (const part of ['train', 'val']) put(at('blended/images', part, 'a.jpg'), await jpeg(size));
    expect(await refused(blended, '--classes', 'a=0,b=200')).toMatch(
      /but got 199 values without a class \(first: a\.png\): it looks interpolated or compressed\.\nSave masks as PNG, and resize/,
    );
    expect(await refused(blended)).toContain('it looks interpolated or compressed');
  });

  test('of another size than their image are refused, and told when EXIF data explain it', async () => {
    const set = await pairs('sizes', { a: mask([0, 1]), b: mask([0, 1]) });
    put(at('sizes/masks/train/b.png'), mask([0, 1], [4, 3]));
    expect(await refused(set)).toMatch(
      /^Expected the mask b\.png to have the 8 x 6 pixels of .*b\.jpg but got 4 x 3\.\nNothing is stretched/,
    );
    const turned = await pairs('turned', { a: mask([0, 1]) });
    for (const part of ['train', 'val'])
      put(at('turned/images', part, 'a.jpg'), await jpeg([8, 6], 6));
    expect(await refused(turned)).toMatch(
      /to have the 6 x 8 pixels of .*a\.jpg but got 8 x 6, which is the image before its EXIF data turn it\.\nSet data\.exif to ignore/,
    );
    expect((await umMae(...check(turned, '--exif', 'ignore'))).code).toBe(0);
    put(at('turned/masks/train/a.png'), mask([0, 1], [6, 8]));
    put(at('turned/masks/val/a.png'), mask([0, 1], [6, 8]));
    expect((await umMae(...check(turned))).code).toBe(0);
  });

  test('of 16 bits are read as such, and need the value to ignore', async () => {
    const raw = { width: 8, height: 6, channels: 1 } as const;
    const values = Uint16Array.from({ length: 48 }, (_, i) => [3, 700, 65_535][i % 3] ?? 0);
    const deep = await sharp(values, { raw }).toColourspace('grey16').png().toBuffer();
    const set = await pairs('deep', { a: deep });
    expect(await refused(set)).toMatch(
      /^Expected the value to ignore in masks of 16 bits in .* as `data\.ignore` but got none\.\nName it, such as \[65535\]/,
    );
    const { masks } = await reported(...check(set, '--ignore', '65535'));
    expect(masks.classes.map(({ masks: stored }: { masks: number[] }) => stored)).toEqual([
      [3],
      [700],
    ]);
  });

  test('of validation may not have other classes', async () => {
    const set = await pairs('other', { a: mask([0, 1]) }, { a: mask([0, 1, 7]) });
    expect(await refused(set, '--classes', 'a=0,b=1')).toContain(
      'but got 7 in a mask (first: a.png',
    );
    const { masks } = await reported(...check(set));
    expect(masks.classes[2].shares).toEqual([0, 1 / 3]);
  });
});

describe('masks that look odd', () => {
  test('are named: damaged, without any class, mostly ignored', async () => {
    const whole = mask([255, 255, 255]);
    const set = await pairs('odd', { a: mask([0, 1]), b: whole, c: whole, d: mask([0]) });
    put(at('odd/masks/train/d.png'), mask([0]).subarray(0, 50));
    const { masks } = await reported(...check(set));
    expect(masks.parts[0].findings).toEqual([
      expect.stringContaining('train: 4 images with masks (grey)'),
      'train: 1 unreadable: d.png is truncated',
      'train: 2 masks without any class: b.png, c.png',
      'train: 67 % of all pixels are ignored',
    ]);
    expect(masks.parts[0].unreadable).toEqual([
      { path: at('odd/masks/train/d.png'), reason: 'truncated' },
    ]);
  });
});

test('of which none can be read are refused by the name of the first', async () => {
  const set = await pairs('unreadable', { a: Buffer.from('no mask') });
  expect(await refused(set)).toMatch(
    /^Expected images and masks that can be read in .* but got a mask that is .*: .*unreadable\/masks\/train\/a\.png\.\n$/,
  );
});

describe('um-mae data pack of images with masks', () => {
  test.each<[string, readonly Buffer[], string]>([
    ['numbers', [mask([0, 1, 2, 255]), mask([2, 7])], '0\tsky\t1,2,3\n1\troad\n2\tsky\n7\tvoid\n'],
    ['palettes', [mask([0, 1], [8, 6], Uint8Array.of(9, 8, 7, 1, 2, 3))], 'a\nb\n'],
  ])('gives shards by which %s are read as before', async (name, masks, classes) => {
    const bytes = Object.fromEntries(masks.map((content, i) => [`m${i}`, content]));
    const set = await pairs(`pack-${name}`, bytes);
    put(join(set, 'classes.txt'), classes);
    const out = at(`packed-${name}`);
    const packed = await reported('data', 'pack', set, '--out', out, '--shard-size', '1');
    const { length } = masks;
    expect(packed).toMatchObject({ images: 2 * length, shards: 2 * length, skipped: [] });
    const [before, after] = [
      await reported(...check(set)),
      await reported(...check(out, '--masks')),
    ];
    for (const key of ['classes', 'ignore']) expect(after.masks[key]).toEqual(before.masks[key]);
    const opened = await openPairedImages(out, { role: 'val' });
    const reader = new ImageReader();
    for (let i = 0; i < length; i++) {
      expect(Buffer.from(await reader.read(opened.maskOf(i)))).toEqual(masks[i]);
      const image = at(`pack-${name}/images/val/m${i}.jpg`);
      const stored = Buffer.from(await reader.read(opened.images.locate(i)));
      expect(stored).toEqual(readFileSync(image));
    }
  });

  test('keeps colours, and refuses what training would refuse', async () => {
    const set = await pairs('pack-colours', {
      a: await colours([
        [128, 64, 128],
        [0, 0, 0],
        [1, 2, 3],
      ]),
    });
    expect(await refusal('data', 'pack', set, '--out', at('unpacked'))).toMatch(
      /^Expected the colours of classes for the masks of /,
    );
    expect(existsSync(at('unpacked'))).toBe(false);
    const rules = ['--classes', 'road=#804080,sky=#010203', '--ignore', '#000000'];
    await reported('data', 'pack', set, '--out', at('packed-colours'), ...rules);
    const before = await reported(...check(set, ...rules));
    const { masks } = await reported(...check(at('packed-colours'), '--masks'));
    expect(masks.classes).toEqual(before.masks.classes);
    expect(masks.parts[0].ignoredShare).toBeCloseTo(1 / 3);
  });
});

describe('layouts', () => {
  const titleOf = async (set: string, ...flags: readonly string[]) => {
    const { masks } = await reported(...check(set, ...flags));
    const { layout, parts, classes, namedBy } = masks;
    const images = parts.map(({ name, images: count }: { name: string; images: number }) => [
      name,
      count,
    ]);
    return { layout, images: Object.fromEntries(images), classes: classes.length, namedBy };
  };

  test('are recognised: ADE20K, whose 0 is ignored', async () => {
    for (const [part, stem] of [
      ['training', 'ADE_train_00000001'],
      ['validation', 'ADE_val_00000001'],
    ] as const) {
      put(at('ade/images', part, `${stem}.jpg`), await jpeg());
      put(at('ade/annotations', part, `${stem}.png`), mask([0, 1, 150]));
    }
    expect(await titleOf(at('ade'))).toEqual({
      layout: 'ADE20K',
      images: { training: 1, validation: 1 },
      classes: 150,
      namedBy: 'ADE20K',
    });
    const { masks } = await reported(...check(at('ade')));
    expect(masks.ignore).toEqual([0, 255]);
    expect(masks.classes[0]).toMatchObject({ name: 'wall', masks: [1], shares: [0.5, 0.5] });
    expect(masks.classes[149]).toMatchObject({ name: 'flag', masks: [150] });
    put(at('full/images/training/a/ADE_train_00000001.jpg'), await jpeg());
    put(at('full/images/training/a/ADE_train_00000001_seg.png'), await colours([[1, 2, 3]]));
    expect(await refused(at('full'), '--masks')).toMatch(
      /^Expected annotations\/ beside images\/ .* but got the full ADE20K, whose masks \*_seg\.png are colours/,
    );
  });

  test('are recognised: Cityscapes, by train ids or by label ids', async () => {
    for (const part of ['train', 'val']) {
      put(at('city/leftImg8bit', part, 'ulm/ulm_0_leftImg8bit.png'), await colours([[1, 2, 3]]));
      put(at('city/gtFine', part, 'ulm/ulm_0_gtFine_labelIds.png'), mask([0, 7, 33]));
      put(at('city/gtFine', part, 'ulm/ulm_0_gtFine_color.png'), await colours([[1, 2, 3]]));
    }
    const { masks } = await reported(...check(at('city')));
    expect(masks.layout).toBe('Cityscapes (labelIds)');
    expect(masks.classes).toHaveLength(19);
    expect(masks.classes[0]).toMatchObject({ name: 'road', masks: [7], shares: [0.5, 0.5] });
    expect(masks.classes[18]).toMatchObject({ name: 'bicycle', masks: [33] });
    for (const part of ['train', 'val']) {
      put(at('city/gtFine', part, 'ulm/ulm_0_gtFine_labelTrainIds.png'), mask([0, 18, 255]));
    }
    const trained = await reported(...check(at('city')));
    expect(trained.masks.layout).toBe('Cityscapes (labelTrainIds)');
    expect(trained.masks.classes[18]).toMatchObject({ name: 'bicycle', masks: [18] });
  });

  test('are recognised: Pascal VOC, with its lists', async () => {
    for (const stem of ['2007_1', '2007_2', '2007_3', '2007_4']) {
      put(at('voc/JPEGImages', `${stem}.jpg`), await jpeg());
    }
    const palette = new Uint8Array(768);
    for (const stem of ['2007_1', '2007_2', '2007_3']) {
      put(at('voc/SegmentationClass', `${stem}.png`), mask([0, 20, 255], [8, 6], palette));
    }
    put(at('voc/ImageSets/Segmentation/train.txt'), '2007_1\n2007_2\n');
    put(at('voc/ImageSets/Segmentation/val.txt'), '2007_3\n2007_4\n2007_5\n');
    const { masks } = await reported(...check(at('voc')));
    expect(masks).toMatchObject({
      layout: 'Pascal VOC (SegmentationClass)',
      namedBy: 'Pascal VOC',
    });
    expect(masks.parts.map(({ images }: { images: number }) => images)).toEqual([2, 1]);
    expect(masks.parts[1].imagesWithoutMask).toEqual([at('voc/JPEGImages/2007_4.jpg')]);
    expect(masks.parts[1].findings).toContain('val: 1 names of the list without files: 2007_5');
    expect(masks.classes[20]).toMatchObject({ name: 'tvmonitor', masks: [20] });
  });

  test('are recognised: CamVid with indices and with colours', async () => {
    for (const part of ['train', 'val']) {
      put(at('segnet', part, 'a.png'), await colours([[1, 2, 3]]));
      put(at('segnet', `${part}annot`, 'a.png'), mask([0, 10, 11]));
    }
    expect(await titleOf(at('segnet'))).toMatchObject({
      layout: 'CamVid (indices)',
      images: { train: 1, val: 1 },
      classes: 11,
      namedBy: 'CamVid',
    });
    for (const stem of ['a', 'b']) {
      put(at('raw/701_StillsRaw_full', `${stem}.png`), await colours([[1, 2, 3]]));
      put(
        at('raw/LabeledApproved_full', `${stem}_L.png`),
        await colours([
          [64, 128, 64],
          [0, 0, 0],
        ]),
      );
    }
    put(at('raw/label_colors.txt'), '64 128 64\tAnimal\n192 0 128\t\tArchway\n0 0 0\t\tVoid\n');
    expect(await titleOf(at('raw'))).toMatchObject({
      layout: 'CamVid (colours)',
      images: { all: 2 },
      classes: 2,
      namedBy: 'label_colors.txt',
    });
  });

  test('are recognised: COCO-Stuff, whose numbers have gaps', async () => {
    for (const part of ['train2017', 'val2017']) {
      put(at('coco', part, '000000000001.jpg'), await jpeg());
      put(at('coco/stuffthingmaps', part, '000000000001.png'), mask([0, 12, 181, 255]));
    }
    const { masks } = await reported(...check(at('coco')));
    expect(masks.layout).toBe('COCO-Stuff');
    expect(masks.classes).toHaveLength(171);
    expect(masks.classes[11]).toMatchObject({ name: 'stop sign', masks: [12] });
    expect(masks.classes[170]).toMatchObject({
      name: 'wood',
      masks: [181],
      shares: [1 / 3, 1 / 3],
    });
  });

  test('of images beside masks, of parts above folders, and of a part alone', async () => {
    put(at('beside/train/one.jpg'), await jpeg());
    put(at('beside/train/one_mask.png'), mask([0, 1]));
    expect(await titleOf(at('beside'))).toMatchObject({
      layout: 'images beside masks',
      images: { train: 1 },
    });
    put(at('above/train/imgs/one.webp'), await jpeg());
    put(at('above/train/labels/one_label.png'), mask([0, 1]));
    expect(await titleOf(at('above'))).toMatchObject({ images: { train: 1 } });
    const set = await pairs('alone', { a: mask([0, 1]) });
    for (const path of [join(set, 'val'), join(set, 'images/val')]) {
      expect(await titleOf(path, '--masks')).toMatchObject({ images: { val: 1 } });
    }
  });

  test('of lists and of shards take --masks', async () => {
    const set = await pairs('listed', { a: mask([0, 1]), b: mask([0, 1]) });
    const list = put(at('listed/some.txt'), 'images/train/a.jpg masks/train/a.png\n');
    expect(await titleOf(list, '--masks')).toMatchObject({ images: { all: 1 }, classes: 2 });
    put(list, 'images/train/a.jpg masks/train/z.png\n');
    expect(await refused(list, '--masks')).toMatch(
      /^Expected the mask of line 1 of .*some\.txt at `.*z\.png` but got nothing there\./,
    );
    const members = {
      '1.jpg': await jpeg(),
      '1.png': mask([0, 1]),
      '2.jpg': await jpeg(),
      '2.seg.png': mask([0]),
    };
    const parts = Object.entries(members).flatMap(([name, bytes]) => [
      tarHeader(name, bytes.length),
      bytes,
      tarPadding(bytes.length),
    ]);
    const shard = put(at('shards/000.tar'), Buffer.concat([...parts, tarEnd]));
    expect(await titleOf(shard, '--masks')).toMatchObject({
      layout: 'a tar shard',
      images: { all: 2 },
    });
    expect(await titleOf(at('shards'), '--masks')).toMatchObject({ images: { all: 2 } });
    expect(set).toBe(at('listed'));
  });

  test('that hold no pairs are told with what there is', async () => {
    const set = await pairs('apart', { a: mask([0, 1]) });
    rmSync(at('apart/masks/train/a.png'));
    put(at('apart/masks/train/other.png'), mask([0, 1]));
    expect(await refused(join(set, 'train'), '--masks')).toMatch(
      /^Expected images with masks of the same name in .* but got none: .* has 1 images \(a\.jpg\), .* has 1 masks \(other\.png\)\.\n$/,
    );
    rmSync(at('apart/masks/train/other.png'));
    expect(await refused(join(set, 'train'), '--masks')).toContain('has 0 masks (nothing)');
    mkdirSync(at('empty'));
    expect(await refused(at('empty'), '--masks')).toMatch(
      /^Expected images with masks in .*empty but got no files\.\nLay them out as images\/NAME\.jpg/,
    );
  });
});

describe('um-mae bench masks', () => {
  test('prints one JSON object with every figure', async () => {
    const args = ['bench', 'masks', '--images', '1', '--size', '32', '--workers', '1'];
    const { code, stdout, stderr } = await umMae(...args, '--python', 'no-python', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ size: 32, workers: 1, opencv: null, ratio: null });
    for (const name of ['imagesPerSecond', 'imagesPerProcessorSecond']) {
      expect(report[name], name).toBeGreaterThan(0);
    }
  });
});
