/** `um-mae data check`, `data convert` and `data pack` on images with objects. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openAllAnnotations, openAnnotations } from '../../../data/objects/open-annotations.js';
import { drawImage, putPart } from '../../../data/objects/testing/drawn-set.js';
import { refusal, temporaryFolder, umMae, umMaeAlone } from '../../testing/command-line.js';

const folder = temporaryFolder();
const set = join(folder, 'set');
const images = [
  {
    width: 48,
    height: 40,
    objects: [
      { label: 0, box: [3, 4, 10, 12] as const },
      { label: 0, box: [20, 4, 10, 12] as const },
    ],
  },
  { width: 40, height: 48, objects: [{ label: 1, box: [1, 2, 34, 33] as const }] },
  { width: 40, height: 40, objects: [] },
];

beforeAll(async () => {
  const classes = ['cell', 'plate'];
  await putPart(set, 'train', { images, classes });
  await putPart(set, 'val', { images: images.slice(0, 1), classes });
});

describe('data check', () => {
  test('counts objects by class and size, and names what is left out', async () => {
    const { stdout, stderr } = await umMae('data', 'check', set, '--workers', '1');
    expect(stderr).toBe('');
    const lines = stdout.split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'train: COCO JSON, 3 objects in 3 images, at most 2 in one',
      '  3 outlines',
      '  1 image without objects, kept as negatives',
      '  areas: 2 small (below 32 x 32), 1 medium, 0 large (above 96 x 96)',
      '  sides of boxes: 12 pixels in the middle, 5 % below 10, 5 % above 33',
    ]);
    expect(stdout).toContain('\nobjects     train       val\ncell            2         2\n');
    expect(stdout).toContain('\n4 images\n');
  });

  test('gives the same as JSON', async () => {
    const { stdout } = await umMae('data', 'check', set, '--objects', '--json', '--workers', '1');
    const { objects, images: checked } = JSON.parse(stdout);
    expect(checked).toBe(4);
    expect(objects.classes).toEqual(['cell', 'plate']);
    expect(objects.parts).toMatchObject([
      { part: 'train', objects: 3, empty: 1, counts: [2, 1], most: 2, remarks: [] },
      { part: 'val', objects: 2, counts: [2, 0] },
    ]);
  });

  test('names images of another size than their annotations say', async () => {
    const part = join(folder, 'sizes');
    await putPart(part, 'train', { images: images.slice(0, 2), classes: ['cell', 'plate'] });
    await drawImage(join(part, 'images', 'train', '1.png'), { width: 48, height: 40, objects: [] });
    const { stdout } = await umMae('data', 'check', part, '--workers', '1');
    expect(stdout).toMatch(
      /\n1 of another size than their annotations say\n {2}.*1\.png: 48 x 40\n/,
    );
  });

  test('refuses what is no set of objects where these are asked for', async () => {
    expect(await refusal('data', 'check', join(set, 'images'), '--objects')).toMatch(
      /^Expected images with annotations of their objects at .* but got none that are known\.\n/,
    );
    writeFileSync(join(folder, 'bad.json'), '{"images": 1, "annotations": [], "categories": []}');
    expect(await refusal('data', 'check', join(folder, 'bad.json'), '--objects')).toMatch(
      /^Expected a list for `images` in .*bad\.json but got 1\.\n$/,
    );
  });
});

describe('data convert', () => {
  test('writes a set that is read again, and says what is lost', async () => {
    const out = join(folder, 'voc');
    const converted = await umMaeAlone('data', 'convert', set, '--to', 'voc', '--out', out);
    expect(converted).toMatchObject({ code: 0, stderr: '' });
    expect(converted.stdout).toMatch(
      /^5 objects in 4 images, in .*voc\noutlines, which Pascal VOC does not have: boxes are written: 5 /,
    );
    expect(readdirSync(out).sort()).toEqual([
      'Annotations',
      'ImageSets',
      'JPEGImages',
      'classes.txt',
    ]);
    const { stdout } = await umMae('data', 'check', out, '--json', '--workers', '1');
    expect(JSON.parse(stdout).objects.parts).toMatchObject([
      { part: 'train', objects: 3, counts: [2, 1] },
      { part: 'val', objects: 2, counts: [2, 0] },
    ]);
  });

  test('refuses a format that is not written, and a folder that is not empty', async () => {
    const to = (format: string, out: string) => [
      'data',
      'convert',
      set,
      '--to',
      format,
      '--out',
      out,
    ];
    expect(await refusal(...to('csv', join(folder, 'csv')))).toMatch(/coco, voc, yolo/);
    expect(await refusal(...to('coco', set))).toMatch(/^Expected an empty folder for the new set/);
  });
});

describe('data pack', () => {
  test('writes shards that are read back equal, and names the task that learns from them', async () => {
    const out = join(folder, 'shards');
    const packed = await umMaeAlone('data', 'pack', set, '--out', out, '--shard-size', '2');
    expect(packed).toMatchObject({ code: 0, stderr: '' });
    expect(packed.stdout).toMatch(/^4 images with objects in 3 shards, /);
    expect(packed.stdout).toMatch(/Next: um-mae finetune --task instances --data /);
    for (const role of ['train', 'val'] as const) {
      const [written, read] = await Promise.all(
        [set, out].map(async (path) => {
          const { classes, images: own } = await openAnnotations(path, { role });
          return { classes, images: own.map(({ id, size, objects }) => ({ id, size, objects })) };
        }),
      );
      expect(read).toEqual(written);
    }
  });

  test('keeps run lengths and crowds, and images without objects', async () => {
    const own = join(folder, 'crowds');
    await putPart(own, 'all', { images, classes: ['cell', 'plate'] });
    const file = join(own, 'annotations', 'instances_all.json');
    const json = JSON.parse(readFileSync(file, 'utf8'));
    const [first] = json.annotations;
    first.iscrowd = 1;
    first.segmentation = { size: [40, 48], counts: [500, 20, 1400] };
    writeFileSync(file, JSON.stringify(json));
    const out = join(folder, 'crowd-shards');
    expect((await umMae('data', 'pack', own, '--out', out)).code).toBe(0);
    const [written, read] = await Promise.all(
      [own, out].map(async (path) => {
        const [part] = await openAllAnnotations(path, {});
        return part?.images.map(({ objects }) => objects);
      }),
    );
    expect(read).toHaveLength(3);
    expect(read?.[0]?.[0]).toMatchObject({ isCrowd: true, outline: { kind: 'run-lengths' } });
    expect(read).toEqual(written);
  });
});

describe('finetune', () => {
  test('refuses objects that its task cannot learn from', async () => {
    const task = ['finetune', '--from', 'none', '--model', 'swin-micro', '--task', 'instances'];
    const out = ['--out', join(folder, 'run')];
    expect(await refusal(...task, '--data', join(folder, 'voc'), ...out)).toMatch(
      /^Expected outlines of objects in .*voc \(Pascal VOC\) but got boxes only\.\nTrain --task detection on boxes\.\n$/,
    );
    const other = ['--data', set, '--set', 'data.classes=[dog]'];
    expect(await refusal(...task, ...other, ...out)).toMatch(
      /^Expected one of the classes dog in .*set but got cell, plate\.\n$/,
    );
  });
});

describe('um-mae bench objects', () => {
  test('measures boxes alone, and with masks', async () => {
    const args = ['--images', '1', '--size', '32', '--workers', '1', '--json'];
    const { stdout, code } = await umMae('bench', 'objects', ...args);
    expect(code).toBe(0);
    const { boxes, masks } = JSON.parse(stdout);
    for (const { imagesPerProcessorSecond } of [boxes, masks]) {
      expect(imagesPerProcessorSecond).toBeGreaterThan(0);
    }
  });
});
