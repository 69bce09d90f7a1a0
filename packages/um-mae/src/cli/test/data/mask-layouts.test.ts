/** Sets of masks in the layouts that are published, and in those that people make. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tarEnd, tarHeader, tarPadding } from '../../../data/curation/tar-writer.js';
import { reported } from '../../testing/command-line.js';
import { check, colours, jpeg, MaskSets, mask, put } from '../../testing/sets/mask-sets.js';

const sets = new MaskSets();

describe('layouts of masks', () => {
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
      put(sets.at('ade/images', part, `${stem}.jpg`), await jpeg());
      put(sets.at('ade/annotations', part, `${stem}.png`), mask([0, 1, 150]));
    }
    expect(await titleOf(sets.at('ade'))).toEqual({
      layout: 'ADE20K',
      images: { training: 1, validation: 1 },
      classes: 150,
      namedBy: 'ADE20K',
    });
    const { masks } = await reported(...check(sets.at('ade')));
    expect(masks.ignore).toEqual([0, 255]);
    expect(masks.classes[0]).toMatchObject({ name: 'wall', masks: [1], shares: [0.5, 0.5] });
    expect(masks.classes[149]).toMatchObject({ name: 'flag', masks: [150] });
    put(sets.at('full/images/training/a/ADE_train_00000001.jpg'), await jpeg());
    put(sets.at('full/images/training/a/ADE_train_00000001_seg.png'), await colours([[1, 2, 3]]));
    expect(await sets.refused(sets.at('full'), '--masks')).toMatch(
      /^Expected annotations\/ beside images\/ .* but got the full ADE20K, whose masks \*_seg\.png are colours/,
    );
  });

  test('are recognised: Cityscapes, by train ids or by label ids', async () => {
    for (const part of ['train', 'val']) {
      put(
        sets.at('city/leftImg8bit', part, 'ulm/ulm_0_leftImg8bit.png'),
        await colours([[1, 2, 3]]),
      );
      put(sets.at('city/gtFine', part, 'ulm/ulm_0_gtFine_labelIds.png'), mask([0, 7, 33]));
      put(sets.at('city/gtFine', part, 'ulm/ulm_0_gtFine_color.png'), await colours([[1, 2, 3]]));
    }
    const { masks } = await reported(...check(sets.at('city')));
    expect(masks.layout).toBe('Cityscapes (labelIds)');
    expect(masks.classes).toHaveLength(19);
    expect(masks.classes[0]).toMatchObject({ name: 'road', masks: [7], shares: [0.5, 0.5] });
    expect(masks.classes[18]).toMatchObject({ name: 'bicycle', masks: [33] });
    for (const part of ['train', 'val']) {
      put(sets.at('city/gtFine', part, 'ulm/ulm_0_gtFine_labelTrainIds.png'), mask([0, 18, 255]));
    }
    const trained = await reported(...check(sets.at('city')));
    expect(trained.masks.layout).toBe('Cityscapes (labelTrainIds)');
    expect(trained.masks.classes[18]).toMatchObject({ name: 'bicycle', masks: [18] });
  });

  test('are recognised: Pascal VOC, with its lists', async () => {
    for (const stem of ['2007_1', '2007_2', '2007_3', '2007_4']) {
      put(sets.at('voc/JPEGImages', `${stem}.jpg`), await jpeg());
    }
    const palette = new Uint8Array(768);
    for (const stem of ['2007_1', '2007_2', '2007_3']) {
      put(sets.at('voc/SegmentationClass', `${stem}.png`), mask([0, 20, 255], [8, 6], palette));
    }
    put(sets.at('voc/ImageSets/Segmentation/train.txt'), '2007_1\n2007_2\n');
    put(sets.at('voc/ImageSets/Segmentation/val.txt'), '2007_3\n2007_4\n2007_5\n');
    const { masks } = await reported(...check(sets.at('voc')));
    expect(masks).toMatchObject({
      layout: 'Pascal VOC (SegmentationClass)',
      namedBy: 'Pascal VOC',
    });
    expect(masks.parts.map(({ images }: { images: number }) => images)).toEqual([2, 1]);
    expect(masks.parts[1].imagesWithoutMask).toEqual([sets.at('voc/JPEGImages/2007_4.jpg')]);
    expect(masks.parts[1].findings).toContain('val: 1 names of the list without files: 2007_5');
    expect(masks.classes[20]).toMatchObject({ name: 'tvmonitor', masks: [20] });
  });

  test('are recognised: CamVid with indices and with colours', async () => {
    for (const part of ['train', 'val']) {
      put(sets.at('segnet', part, 'a.png'), await colours([[1, 2, 3]]));
      put(sets.at('segnet', `${part}annot`, 'a.png'), mask([0, 10, 11]));
    }
    expect(await titleOf(sets.at('segnet'))).toMatchObject({
      layout: 'CamVid (indices)',
      images: { train: 1, val: 1 },
      classes: 11,
      namedBy: 'CamVid',
    });
    for (const stem of ['a', 'b']) {
      put(sets.at('raw/701_StillsRaw_full', `${stem}.png`), await colours([[1, 2, 3]]));
      put(
        sets.at('raw/LabeledApproved_full', `${stem}_L.png`),
        await colours([
          [64, 128, 64],
          [0, 0, 0],
        ]),
      );
    }
    put(
      sets.at('raw/label_colors.txt'),
      '64 128 64\tAnimal\n192 0 128\t\tArchway\n0 0 0\t\tVoid\n',
    );
    expect(await titleOf(sets.at('raw'))).toMatchObject({
      layout: 'CamVid (colours)',
      images: { all: 2 },
      classes: 2,
      namedBy: 'label_colors.txt',
    });
  });

  test('are recognised: COCO-Stuff, whose numbers have gaps', async () => {
    for (const part of ['train2017', 'val2017']) {
      put(sets.at('coco', part, '000000000001.jpg'), await jpeg());
      put(sets.at('coco/stuffthingmaps', part, '000000000001.png'), mask([0, 12, 181, 255]));
    }
    const { masks } = await reported(...check(sets.at('coco')));
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
    put(sets.at('beside/train/one.jpg'), await jpeg());
    put(sets.at('beside/train/one_mask.png'), mask([0, 1]));
    expect(await titleOf(sets.at('beside'))).toMatchObject({
      layout: 'images beside masks',
      images: { train: 1 },
    });
    put(sets.at('above/train/imgs/one.webp'), await jpeg());
    put(sets.at('above/train/labels/one_label.png'), mask([0, 1]));
    expect(await titleOf(sets.at('above'))).toMatchObject({ images: { train: 1 } });
    const set = await sets.pairs('alone', { a: mask([0, 1]) });
    for (const path of [join(set, 'val'), join(set, 'images/val')]) {
      expect(await titleOf(path, '--masks')).toMatchObject({ images: { val: 1 } });
    }
  });

  test('of lists and of shards take --masks', async () => {
    const set = await sets.pairs('listed', { a: mask([0, 1]), b: mask([0, 1]) });
    const list = put(sets.at('listed/some.txt'), 'images/train/a.jpg masks/train/a.png\n');
    expect(await titleOf(list, '--masks')).toMatchObject({ images: { all: 1 }, classes: 2 });
    put(list, 'images/train/a.jpg masks/train/z.png\n');
    expect(await sets.refused(list, '--masks')).toMatch(
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
    const shard = put(sets.at('shards/000.tar'), Buffer.concat([...parts, tarEnd]));
    expect(await titleOf(shard, '--masks')).toMatchObject({
      layout: 'a tar shard',
      images: { all: 2 },
    });
    expect(await titleOf(sets.at('shards'), '--masks')).toMatchObject({ images: { all: 2 } });
    expect(set).toBe(sets.at('listed'));
  });

  test('that hold no pairs are told with what there is', async () => {
    const set = await sets.pairs('apart', { a: mask([0, 1]) });
    rmSync(sets.at('apart/masks/train/a.png'));
    put(sets.at('apart/masks/train/other.png'), mask([0, 1]));
    expect(await sets.refused(join(set, 'train'), '--masks')).toMatch(
      /^Expected images with masks of the same name in .* but got none: .* has 1 images \(a\.jpg\), .* has 1 masks \(other\.png\)\.\n$/,
    );
    rmSync(sets.at('apart/masks/train/other.png'));
    expect(await sets.refused(join(set, 'train'), '--masks')).toContain('has 0 masks (nothing)');
    mkdirSync(sets.at('empty'));
    expect(await sets.refused(sets.at('empty'), '--masks')).toMatch(
      /^Expected images with masks in .*empty but got no files\.\nLay them out as images\/NAME\.jpg/,
    );
  });
});
