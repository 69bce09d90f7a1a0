/** Mistakes in masks, each of which is told before anything is learnt, in one sentence. */
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { reported, umMae, umMaeAlone } from '../../testing/command-line.js';
import { check, colours, jpeg, MaskSets, mask, put } from '../../testing/sets/mask-sets.js';

const sets = new MaskSets();

describe('um-mae data check of images with masks', () => {
  test('tells layout, pairs, sizes, values and shares', async () => {
    const set = await sets.pairs('fine', { a: mask([0, 1, 2, 255]), b: mask([0, 1]) });
    put(sets.at('fine/images/train/alone.jpeg'), await jpeg());
    put(sets.at('fine/masks/val/c.png'), mask([1]));
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
    const set = await sets.pairs('named', { a: mask([0, 1, 2]) });
    put(sets.at('named/classes.txt'), '0\tsky\t1,2,3\n1\ttraffic light\t#0a0b0c\n2\tvoid\n');
    const before = await reported(...check(set));
    expect(before.masks).toMatchObject({ namedBy: 'classes.txt', ignore: [2, 255] });
    expect(before.masks.classes).toEqual([
      { name: 'sky', masks: [0], colour: '#010203', shares: [0.5, 0.5] },
      { name: 'traffic light', masks: [1], colour: '#0a0b0c', shares: [0.5, 0.5] },
    ]);
    put(sets.at('named/masks/train/a.png'), mask([0, 0, 0, 1]));
    const { masks } = await reported(...check(set));
    expect(masks.classes[0].shares).toEqual([0.75, 0.5]);
  });
});

describe('masks that are left out', () => {
  test('by patterns are neither paired nor scanned', async () => {
    const set = await sets.pairs('excluded', { a: mask([0, 1]), 'a.bad': mask([0, 9]) });
    const { masks } = await reported(...check(set, '--exclude', '*.bad.*'));
    expect(masks.parts.map(({ images }: { images: number }) => images)).toEqual([1, 1]);
    expect(masks.classes).toHaveLength(2);
    const one = await reported(...check(set, '--exclude', 'masks/train/a.bad.png'));
    expect(one.masks.parts[0].imagesWithoutMask).toEqual([join(set, 'images/train/a.bad.jpg')]);
  });
});

describe('masks', () => {
  test('of 0 and 255 are told how to name the two', async () => {
    const set = await sets.pairs('binary', { a: mask([0, 255]) });
    expect(await sets.refused(set)).toBe(
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
    const set = await sets.pairs('beyond', { a: mask([0, 1]), x: mask([0, 1, 2]) });
    expect(await sets.refused(set, '--classes', 'a=0,b=1')).toBe(
      `Expected the values 0 to 1 in the masks of ${set} but got 2 in 2 masks (first: x.png, 16 pixels, 32 in all).\n` +
        'Add it to data.classes or to data.ignore.\n',
    );
    const { masks } = await reported(...check(set, '--classes', 'a=0,b=1', '--ignore', '2'));
    expect(masks.parts[0].ignoredShare).toBeCloseTo(16 / 96);
  });

  test('keep class 0, which is a class like others unless it is ignored', async () => {
    const set = await sets.pairs('zero', { a: mask([0, 1, 2]) });
    const all = await reported(...check(set));
    expect(all.masks.classes).toHaveLength(3);
    const { masks } = await reported(...check(set, '--ignore', '0'));
    expect(masks.classes.map(({ name }: { name: string }) => name)).toEqual(['class 1', 'class 2']);
    expect(await sets.refused(set, '--classes', 'a=0,b=1,c=2', '--ignore', '1')).toBe(
      'Expected each value of masks to have one meaning but got 1 for `b` and `ignore`.\n',
    );
  });

  test('in colours need a table, which is suggested, and tell unknown colours with the nearest', async () => {
    const [road, sky, odd] = [
      [128, 64, 128],
      [1, 2, 3],
      [128, 64, 129],
    ];
    const set = await sets.pairs('coloured', { a: await colours([road ?? [], sky ?? []]) });
    expect(await sets.refused(set)).toBe(
      `Expected the colours of classes for the masks of ${set} but got none, and masks of 2 colours (#010203 50.0 %, #804080 50.0 %).\n` +
        'Name them in data.classes, or in classes.txt beside the masks: um-mae data check --suggest-classes writes it.\n',
    );
    const { stdout } = await umMae(...check(set, '--suggest-classes'));
    expect(stdout.split('\n')[0]).toBe('0\tclass_0\t1,2,3  # #010203: 50.00 % of all pixels');
    put(sets.at('coloured/classes.txt'), stdout);
    const { masks } = await reported(...check(set));
    expect(masks.classes).toHaveLength(2);
    put(sets.at('coloured/masks/train/a.png'), await colours([road ?? [], sky ?? [], odd ?? []]));
    expect(await sets.refused(set)).toContain(
      'but got #804081 in a mask (first: a.png, 16 pixels; the nearest is #804080, class_1).\n',
    );
  });

  test('of three equal channels are grey levels', async () => {
    const grey = await colours([
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
    ]);
    const set = await sets.pairs('grey', { a: grey });
    const { masks } = await reported(...check(set));
    expect(masks.classes.map(({ masks: values }: { masks: number[] }) => values)).toEqual([
      [0],
      [1],
      [2],
    ]);
  });

  test('with a palette are their indices, in its colours', async () => {
    const palette = Uint8Array.of(9, 8, 7, 200, 0, 0);
    const set = await sets.pairs('palette', { a: mask([0, 1], [8, 6], palette) });
    const { masks } = await reported(...check(set));
    expect(masks.classes).toMatchObject([{ colour: '#090807' }, { colour: '#c80000' }]);
  });

  test('that are JPEG files or blended are refused', async () => {
    const set = await sets.pairs('jpeg', { a: mask([0, 1]) });
    put(sets.at('jpeg/masks/train/a.png'), await jpeg());
    expect(await sets.refused(set)).toMatch(
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
    const blended = await sets.pairs('blended', { a: smooth });
    for (const part of ['train', 'val'])
      put(sets.at('blended/images', part, 'a.jpg'), await jpeg(size));
    expect(await sets.refused(blended, '--classes', 'a=0,b=200')).toMatch(
      /but got 199 values without a class \(first: a\.png\): it looks interpolated or compressed\.\nSave masks as PNG, and resize/,
    );
    expect(await sets.refused(blended)).toContain('it looks interpolated or compressed');
  });

  test('of another size than their image are refused, and told when EXIF data explain it', async () => {
    const set = await sets.pairs('sizes', { a: mask([0, 1]), b: mask([0, 1]) });
    put(sets.at('sizes/masks/train/b.png'), mask([0, 1], [4, 3]));
    expect(await sets.refused(set)).toMatch(
      /^Expected the mask b\.png to have the 8 x 6 pixels of .*b\.jpg but got 4 x 3\.\nNothing is stretched/,
    );
    const turned = await sets.pairs('turned', { a: mask([0, 1]) });
    for (const part of ['train', 'val'])
      put(sets.at('turned/images', part, 'a.jpg'), await jpeg([8, 6], 6));
    expect(await sets.refused(turned)).toMatch(
      /to have the 6 x 8 pixels of .*a\.jpg but got 8 x 6, which is the image before its EXIF data turn it\.\nSet data\.exif to ignore/,
    );
    expect((await umMae(...check(turned, '--exif', 'ignore'))).code).toBe(0);
    put(sets.at('turned/masks/train/a.png'), mask([0, 1], [6, 8]));
    put(sets.at('turned/masks/val/a.png'), mask([0, 1], [6, 8]));
    expect((await umMae(...check(turned))).code).toBe(0);
  });

  test('of 16 bits are read as such, and need the value to ignore', async () => {
    const raw = { width: 8, height: 6, channels: 1 } as const;
    const values = Uint16Array.from({ length: 48 }, (_, i) => [3, 700, 65_535][i % 3] ?? 0);
    const deep = await sharp(values, { raw }).toColourspace('grey16').png().toBuffer();
    const set = await sets.pairs('deep', { a: deep });
    expect(await sets.refused(set)).toMatch(
      /^Expected the value to ignore in masks of 16 bits in .* as `data\.ignore` but got none\.\nName it, such as \[65535\]/,
    );
    const { masks } = await reported(...check(set, '--ignore', '65535'));
    expect(masks.classes.map(({ masks: stored }: { masks: number[] }) => stored)).toEqual([
      [3],
      [700],
    ]);
  });

  test('of validation may not have other classes', async () => {
    const set = await sets.pairs('other', { a: mask([0, 1]) }, { a: mask([0, 1, 7]) });
    expect(await sets.refused(set, '--classes', 'a=0,b=1')).toContain(
      'but got 7 in a mask (first: a.png',
    );
    const { masks } = await reported(...check(set));
    expect(masks.classes[2].shares).toEqual([0, 1 / 3]);
  });
});

describe('masks that look odd', () => {
  test('are named: damaged, without any class, mostly ignored', async () => {
    const whole = mask([255, 255, 255]);
    const set = await sets.pairs('odd', { a: mask([0, 1]), b: whole, c: whole, d: mask([0]) });
    put(sets.at('odd/masks/train/d.png'), mask([0]).subarray(0, 50));
    const { masks } = await reported(...check(set));
    expect(masks.parts[0].findings).toEqual([
      expect.stringContaining('train: 4 images with masks (grey)'),
      'train: 1 unreadable: d.png is truncated',
      'train: 2 masks without any class: b.png, c.png',
      'train: 67 % of all pixels are ignored',
    ]);
    expect(masks.parts[0].unreadable).toEqual([
      { path: sets.at('odd/masks/train/d.png'), reason: 'truncated' },
    ]);
  });
});

test('of which none can be read are refused by the name of the first', async () => {
  const set = await sets.pairs('unreadable', { a: Buffer.from('no mask') });
  expect(await sets.refused(set)).toMatch(
    /^Expected images and masks that can be read in .* but got a mask that is .*: .*unreadable\/masks\/train\/a\.png\.\n$/,
  );
});
