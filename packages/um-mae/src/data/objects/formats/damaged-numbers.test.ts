/** Numbers that annotations claim, and that nothing can be made room for. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../cli/testing/command-line.js';
import { openAnnotations } from '../open-annotations.js';
import { drawImage } from '../testing/drawn-set.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const read = (name: string) => openAnnotations(at(name), { role: 'train' });

beforeAll(async () => {
  for (const name of ['cvat', 'coco', 'yolo', 'voc/JPEGImages']) {
    mkdirSync(at(name), { recursive: true });
    await drawImage(at(`${name}/0.png`), { width: 40, height: 30, objects: [] });
  }
  mkdirSync(at('voc/Annotations'));
});

describe.each([
  ['2 ** 32', '4294967296'],
  ['more than any', '1e999'],
  ['below zero', '-3'],
  ['a fraction', '0.5'],
])('a height that is %s', (_, height) => {
  test('is that of the image in CVAT, COCO and Pascal VOC', async () => {
    writeFileSync(
      at('cvat/annotations.xml'),
      `<annotations><image id="0" name="0.png" width="24" height="${height}">
      <mask label="cell" rle="0,2" left="5" top="6" width="2" height="1"/></image></annotations>`,
    );
    const corners = '[1,1,9,1,9,9]';
    writeFileSync(
      at('coco/instances_train.json'),
      `{"images":[{"id":1,"file_name":"0.png","width":24,"height":${height}}],
      "annotations":[{"id":1,"image_id":1,"category_id":1,"segmentation":[${corners}]}],
      "categories":[{"id":1,"name":"cell"}]}`,
    );
    writeFileSync(
      at('voc/Annotations/0.xml'),
      `<annotation><size><width>24</width><height>${height}</height></size></annotation>`,
    );
    for (const name of ['cvat', 'coco/instances_train.json', 'voc']) {
      const { images } = await read(name);
      expect(images).toMatchObject([{ size: { width: 40, height: 30 } }]);
    }
    const [image] = (await read('cvat')).images;
    expect(image?.objects).toMatchObject([{ box: [5, 6, 2, 1] }]);
  });
});

test('numbers of classes that no set of YOLO has make no list of names', async () => {
  const lines = ['4294967296', '1e15', '65536', '-1', '2'].map(
    (label) => `${label} 0.5 0.5 0.2 0.2`,
  );
  writeFileSync(at('yolo/0.txt'), lines.join('\n'));
  const { classes, images, remarks } = await read('yolo');
  expect(classes).toEqual(['0', '1', '2']);
  expect(images[0]?.objects).toHaveLength(1);
  expect(remarks.count('objects of a class that has no name, left out')).toBe(4);
});

test('an outline longer than any object has is left out', async () => {
  const around = Array(120_000).fill('0 0 1 1').join(' ');
  writeFileSync(at('yolo/0.txt'), `0 ${around}\n0 0 0 1 0 1 1\n`);
  const { images, remarks } = await read('yolo');
  expect(images[0]?.objects.map(({ outline }) => outline?.kind)).toEqual([undefined, 'polygons']);
  expect(remarks.count('polygons of more than 4194304 pixels around, left out')).toBe(1);
});
