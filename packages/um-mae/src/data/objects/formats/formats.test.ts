/** Every format of annotations: the same objects, whoever has written them. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../cli/testing/command-line.js';
import { tarEnd, tarHeader, tarPadding } from '../../curation/tar-writer.js';
import { describeRemark } from '../../sources/remarks.js';
import type { Annotations } from '../annotations.js';
import { openAllAnnotations, openAnnotations } from '../open-annotations.js';
import { openTrainingObjects } from '../open-detected-images.js';
import { maskOfOutline } from '../outlines/bitmap.js';
import { cocoOf, type DrawnImage, drawImage, putPart } from '../testing/drawn-set.js';
import { convertAnnotations } from '../writing/convert.js';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const classes = ['cell', 'plate & rim'];

const images: DrawnImage[] = [
  { width: 40, height: 30, objects: [{ label: 0, box: [3, 4, 10, 12] }] },
  {
    width: 24,
    height: 36,
    objects: [
      { label: 1, box: [2, 3, 20, 8] },
      { label: 0, box: [0, 20, 7, 16] },
    ],
  },
  { width: 20, height: 20, objects: [] },
];

/** Name, class and box of every object, and the pixels of its outline. */
function objectsOf({ images: read, classes: names }: Annotations) {
  return read
    .map(({ name, size, objects }) => ({
      name: name.replace(/^(.*\/)?(train_)?(\d).*/, '$3.png'),
      size,
      objects: objects.map(({ label, box, isCrowd }) => ({
        name: names[label],
        box: box.map((side) => Number(side.toFixed(6))),
        isCrowd,
      })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const drawn = images.map(({ width, height, objects }, place) => ({
  name: `${place}.png`,
  size: { width, height },
  objects: objects.map(({ label, box }) => ({
    name: classes[label],
    box: [...box],
    isCrowd: false,
  })),
}));

const remarksOf = ({ remarks }: Annotations) => remarks.list().map(describeRemark);

beforeAll(async () => {
  await putPart(at('coco'), 'train', { images, classes });
  await putPart(at('coco'), 'val', { images: images.slice(0, 1), classes });
  mkdirSync(at('loose'));
  for (const [place, image] of images.entries())
    await drawImage(at('loose', `${place}.png`), image);
});

describe('conversion', () => {
  test.each(['coco', 'voc', 'yolo'] as const)(
    'to %s and back gives the same boxes',
    async (format) => {
      const parts = await openAllAnnotations(at('coco'), {});
      const report = await convertAnnotations(parts, { format, out: at(format, 'there') });
      expect(report).toMatchObject({ images: 4, objects: 4 });
      const there = await openAllAnnotations(at(format, 'there'), {});
      expect(there.map(({ part }) => part).sort()).toEqual(['train', 'val']);
      await convertAnnotations(there, { format: 'coco', out: at(format, 'back') });
      const back = await openAnnotations(at(format, 'back'), { role: 'train' });
      expect(objectsOf(back)).toMatchObject(drawn.map(({ size, objects }) => ({ size, objects })));
      if (format === 'voc') return;
      const masks = (set: Annotations) =>
        set.images.flatMap(({ size, objects }) =>
          objects.map(({ outline }) => outline && maskOfOutline(outline, size)),
        );
      const [train] = parts;
      expect(masks(back)).toEqual(train && masks(train));
    },
  );

  test('says what a format cannot hold', async () => {
    const parts = await openAllAnnotations(at('coco'), {});
    const voc = await convertAnnotations(parts, { format: 'voc', out: at('outlines') });
    expect(voc.remarks.map(({ what, count }) => [what, count])).toEqual([
      ['outlines, which Pascal VOC does not have: boxes are written', 4],
    ]);
    // Images of the two parts have the same names.
    const list = readFileSync(at('outlines/ImageSets/Main/val.txt'), 'utf8');
    expect(list).toBe('val_0_png\n');
  });

  test('refuses a folder that holds anything', async () => {
    const parts = await openAllAnnotations(at('coco'), {});
    await expect(convertAnnotations(parts, { format: 'yolo', out: at('loose') })).rejects.toThrow(
      /^Expected an empty folder for the new set but got .*loose, which holds 0\.png and more\./,
    );
  });
});

describe('Pascal VOC', () => {
  test('is read beside its images, whose boxes may begin at 0', async () => {
    mkdirSync(at('voc-flat', 'train'), { recursive: true });
    await drawImage(at('voc-flat/train/a.png'), images[0] as DrawnImage);
    const box = (x: number, y: number, right: number, bottom: number) =>
      `<object><name>cell</name><bndbox><xmin>${x}</xmin><ymin>${y}</ymin><xmax>${right}</xmax><ymax>${bottom}</ymax></bndbox></object>`;
    writeFileSync(
      at('voc-flat/train/a.xml'),
      `<annotation><filename>other.jpg</filename>${box(0, 4, 10, 12)}${box(9, 9, 3, 5)}</annotation>`,
    );
    writeFileSync(at('voc-flat/train/0.xml'), '');
    const latin =
      '<?xml version="1.0" encoding="ISO-8859-1"?><annotation><filename>a.png</filename>';
    writeFileSync(
      at('voc-flat/train/ä.xml'),
      Buffer.from(`${latin}${box(9, 9, 12, 12).replace('cell', 'Körper')}</annotation>`, 'latin1'),
    );
    const names = (await openAnnotations(at('voc-flat'), { role: 'train' })).classes;
    expect(names).toEqual(['Körper', 'cell']);
    for (const name of ['0.xml', 'ä.xml']) rmSync(at('voc-flat/train', name));
    const set = await openAnnotations(at('voc-flat'), { role: 'train' });
    await drawImage(at('voc-flat/train/b.png'), images[0] as DrawnImage);
    const all = await openAnnotations(at('voc-flat/train'), { role: 'train' });
    expect(remarksOf(all)).toContain('images without an XML file, left out: 1 (b.png)');
    expect(set.images.map(({ objects }) => objects.map((object) => object.box))).toEqual([
      [
        [0, 4, 10, 8],
        [3, 5, 6, 4],
      ],
    ]);
    expect(set.images[0]?.size).toEqual({ width: 40, height: 30 });
    expect(remarksOf(set)).toEqual([
      expect.stringContaining('sets whose boxes begin at 0'),
      'boxes with swapped corners, put right: 1 (a.xml)',
    ]);
  });
});

describe('YOLO', () => {
  test('is read by data.yaml that names folders and lists, and beside images', async () => {
    const parts = await openAllAnnotations(at('coco'), {});
    await convertAnnotations(parts, { format: 'yolo', out: at('yolo-lists') });
    writeFileSync(at('yolo-lists/some.txt'), './images/train/1.png\n./images/train/9.png\n');
    writeFileSync(
      at('yolo-lists/data.yaml'),
      'train: some.txt\nval: ../images/val\nnc: 2\nnames: [cell, "plate & rim"]\n',
    );
    const [train, val] = await openAllAnnotations(at('yolo-lists'), {});
    expect(train && objectsOf(train)).toEqual([drawn[1]]);
    expect(train && remarksOf(train)).toEqual([
      'images of the list that are not there, left out: 1 (images/train/9.png)',
    ]);
    expect(val?.images).toHaveLength(1);
    writeFileSync(
      at('yolo-lists/data.yaml'),
      'train: C:\\set\\images\\train\nval: images/val\nkpt_shape: [1, 3]\nnames: [cell, cell]\n',
    );
    writeFileSync(at('yolo-lists/labels/train/2.txt'), '1 0.5 0.5 0.2 0.2 0.5 0.5 2\r');
    const points = await openTrainingObjects(
      { train: at('yolo-lists'), val: at('yolo-lists') },
      { classes: null, needsOutlines: false },
    );
    expect(points.classes).toEqual(['cell']);
    expect(points.train.targets(2).objects).toMatchObject([{ label: 0, box: [8, 8, 4, 4] }]);
    expect(points.findings).toContainEqual(
      expect.stringMatching(/^train: key points of objects, left out: 4 \(/),
    );
    writeFileSync(at('loose/0.txt'), '0 0.2 0.3333333333 0.25 0.4 0.9\n');
    const loose = await openAnnotations(at('loose'), { role: 'train' });
    expect(objectsOf(loose)).toMatchObject([
      { objects: [{ name: '0', box: [3, 4, 10, 12] }] },
      {},
      {},
    ]);
    expect(remarksOf(loose)).toContain(
      'images without a label file, taken as empty: 2 (1.png, 2.png)',
    );
  });
});

describe('CVAT', () => {
  test('is read with boxes, polygons and masks, and its labels', async () => {
    mkdirSync(at('cvat', 'images'), { recursive: true });
    await drawImage(at('cvat/images/0.png'), images[0] as DrawnImage);
    const shape = (name: string, values: string) => `<${name} label="cell" ${values}></${name}>`;
    writeFileSync(
      at('cvat/annotations.xml'),
      `<?xml version="1.0"?><annotations><meta><task><labels><label><name>rim</name></label><label><name>cell</name></label></labels></task></meta>
      <image id="0" name="0.png" width="40" height="30">
      ${shape('box', 'xtl="3" ytl="4" xbr="13" ybr="16"')}
      ${shape('polygon', 'points="3,4;13,4;13,16;3,16"')}
      ${shape('mask', 'rle="1,2,3" left="5" top="6" width="3" height="2"')}
      ${shape('box', 'xtl="10" ytl="10" xbr="20" ybr="14" rotation="90"')}
      ${shape('mask', 'rle="0,99" left="5" top="6" width="3" height="2"')}
      ${shape('polygon', 'points="3,4;13,4"')}
      ${shape('points', 'points="1,2"')}</image><track label="cell"/></annotations>`,
    );
    const set = await openAnnotations(at('cvat'), { role: 'train' });
    expect(set.classes).toEqual(['rim', 'cell']);
    expect(set.images[0]?.objects.map(({ box }) => box)).toEqual([
      [3, 4, 10, 12],
      [3, 4, 10, 12],
      [6, 6, 2, 1],
      [13, 7, 4, 10],
      [3, 4, 10, 0],
    ]);
    expect(set.hasOutlines).toBe(true);
    expect(remarksOf(set)).toEqual([
      'tracks, which videos have, left out: 1 (cell)',
      'masks that do not fit their image, left out: 1 (0.png)',
      'polygons of fewer than three corners, left out: 1 (0.png)',
      'shapes `points` that are no objects with a class, left out: 1 (0.png)',
    ]);
  });
});

describe('Label Studio', () => {
  test('is read in full and as JSON-MIN, with turned boxes', async () => {
    mkdirSync(at('studio'), { recursive: true });
    await drawImage(at('studio/0.png'), images[0] as DrawnImage);
    const rectangle = { x: 7.5, y: 40 / 3, width: 25, height: 40, rectanglelabels: ['cell'] };
    const points = [
      [0, 0],
      [50, 0],
      [50, 50],
    ];
    const task = {
      id: 7,
      data: { image: '/data/upload/1/0a1b2c3d-0.png' },
      annotations: [
        { was_cancelled: true, result: [] },
        {
          result: [
            { type: 'rectanglelabels', value: { ...rectangle, rotation: 0 } },
            { type: 'rectanglelabels', value: { ...rectangle, rotation: 90 } },
            { type: 'polygonlabels', value: { points, polygonlabels: ['rim'] } },
            { type: 'brushlabels', value: { brushlabels: ['rim'] } },
          ],
        },
      ],
    };
    const unseen = { id: 8, data: { image: '100%25.png' }, annotations: [] };
    writeFileSync(at('studio/project-train.json'), JSON.stringify([task, unseen]));
    const full = await openAnnotations(at('studio'), { role: 'train' });
    expect(full.classes).toEqual(['cell', 'rim']);
    const boxes = full.images[0]?.objects.map(({ box }) => box.map((side) => Math.round(side)));
    expect(boxes).toEqual([
      [3, 4, 10, 12],
      [-9, 4, 12, 10],
      [0, 0, 20, 15],
    ]);
    expect(remarksOf(full)).toEqual([
      'results that are neither boxes nor polygons with a label, left out: 1 (brushlabels)',
      'images that nobody has annotated, left out: 1 (100%25.png)',
    ]);
    const least = [{ id: 1, picture: 'x/0.png', box: [rectangle], annotator: 1 }];
    writeFileSync(at('studio/least.json'), JSON.stringify(least));
    const { images: read } = await openAnnotations(at('studio/least.json'), { role: 'val' });
    expect(read[0]?.objects).toHaveLength(1);
  });
});

describe('shards and lists', () => {
  test('have objects in .json members, by names of classes', async () => {
    const coco = cocoOf(images, classes);
    const members = images.flatMap((_, place) => {
      const own = coco.annotations.filter(({ image_id: image }) => image === place + 1);
      const annotations = own.map(({ category_id: category, ...rest }) => ({
        ...rest,
        category: classes[category / 10 - 1],
      }));
      const json = Buffer.from(JSON.stringify({ annotations }));
      return [
        { name: `${place}.png`, bytes: readFileSync(at('coco/images/train', `${place}.png`)) },
        { name: `${place}.json`, bytes: json },
      ];
    });
    const parts = members.flatMap(({ name, bytes }) => [
      tarHeader(name, bytes.length),
      bytes,
      tarPadding(bytes.length),
    ]);
    mkdirSync(at('shards'));
    writeFileSync(at('shards/train-0.tar'), Buffer.concat([...parts, tarEnd]));
    writeFileSync(at('shards/val-0.tar'), Buffer.concat([...parts, tarEnd]));
    const set = await openAnnotations(at('shards'), { role: 'train' });
    expect(objectsOf(set)).toEqual(drawn);
    expect(set.part).toBe('train');
    const rules = { classes: null, needsOutlines: true };
    const opened = await openTrainingObjects({ train: at('shards'), val: at('shards') }, rules);
    expect(opened.classes).toEqual(classes);
  });

  test('choose images of the set around them', async () => {
    writeFileSync(at('coco/few.txt'), 'images/train/1.png\nmissing.png\n');
    const set = await openAnnotations(at('coco/few.txt'), { role: 'train' });
    expect(objectsOf(set)).toEqual([drawn[1]]);
    expect(remarksOf(set)).toContain(
      'images of the list that the set does not have, left out: 1 (missing.png)',
    );
  });
});
