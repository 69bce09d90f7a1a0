/** Annotations of objects as people have them: each fault is said once, counted, or refused. */
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../cli/testing/command-line.js';
import { trainedObjects } from '../known-objects.js';
import {
  type ChangedCoco,
  ChangedSet,
  type Coco,
  drawnPair,
  pairClasses,
} from '../testing/changed-set.js';
import { cocoOf } from '../testing/drawn-set.js';

const set = new ChangedSet(temporaryFolder());
beforeAll(() => set.prepare());

/** The same file, with other values of its first object. */
function withFirst(values: ChangedCoco): (coco: Coco) => ChangedCoco {
  return (coco) => {
    const [first, ...others] = coco.annotations;
    return { ...coco, annotations: [{ ...first, ...values }, ...others] };
  };
}

/** Findings on the part to learn from, beyond the line on what it is. */
async function findingsOf(change: (coco: Coco) => ChangedCoco): Promise<readonly string[]> {
  const { findings } = await set.open(change);
  return findings.filter((line) => line.startsWith('train: ')).slice(1);
}

describe('objects', () => {
  test.each([
    ['outside', { bbox: [50, 4, 10, 12] }, 'boxes outside of their image, left out: 1 (0.png)'],
    ['beyond', { bbox: [30, 4, 20, 12] }, 'boxes that reach beyond their image, cut: 1 (0.png)'],
    ['of no width', { bbox: [3, 4, 0, 12] }, 'boxes of zero or negative size, left out: 1 (0.png)'],
    ['negative', { bbox: [3, 4, 5, -2] }, 'boxes of zero or negative size, left out: 1 (0.png)'],
    [
      'of an unknown class',
      { category_id: 77 },
      'objects of a class that the file does not list, left out: 1 (category 77)',
    ],
    [
      'of an unknown image',
      { image_id: 77 },
      'objects of images that the file does not list, left out: 1 (image 77)',
    ],
    [
      'of number 0',
      { id: 0 },
      "objects of number 0, which COCO's evaluation never finds: 1 (id 0)",
    ],
    ['of a number that is there', { id: 2 }, 'objects whose number another one has: 1 (id 2)'],
    [
      'with a mask of another size',
      { segmentation: { size: [9, 9], counts: [81] } },
      'masks of another size than the image, left out: 1 (0.png)',
    ],
    [
      'with run lengths that are too long',
      { segmentation: { size: [30, 40], counts: [1000, 201] } },
      'run lengths that do not fit their image, left out: 1 (0.png)',
    ],
    [
      'with run lengths that are none',
      { segmentation: { size: [30, 40], counts: 'x x' } },
      'run lengths that do not fit their image, left out: 1 (0.png)',
    ],
    [
      'with two corners',
      { segmentation: [[1, 2, 3, 4]] },
      'polygons of fewer than three corners, left out: 1 (0.png)',
    ],
    [
      'with a polygon outside',
      { segmentation: [[-9, -9, -5, -9, -5, -5]] },
      'polygons outside of their image, or far beyond it, left out: 1 (0.png)',
    ],
    [
      'with a polygon far beyond the image',
      { segmentation: [[1, 1, 1e9, 1, 1e9, 1e9]] },
      'polygons outside of their image, or far beyond it, left out: 1 (0.png)',
    ],
    [
      'with a line for a polygon',
      { segmentation: [[1, 1, 9, 1, 5, 1]] },
      'polygons that are a line or a point, left out: 1 (0.png)',
    ],
    [
      'with an empty mask',
      { segmentation: { size: [30, 40], counts: [1200] } },
      'masks without a pixel, left out: 1 (0.png)',
    ],
    [
      'of no area',
      { area: -2 },
      'objects of no area, as their file says, not learnt from: 1 (0.png)',
    ],
    [
      'less than a pixel wide',
      { bbox: [3, 4, 0.5, 12] },
      'boxes less than a pixel wide or high, not learnt from: 1 (0.png)',
    ],
    [
      'with another outline',
      { segmentation: 'none' },
      'outlines that are neither polygons nor run lengths, left out: 1 (0.png)',
    ],
    [
      'without a box',
      { bbox: null, segmentation: [] },
      'objects without a box, left out: 1 (0.png)',
    ],
    [
      'with a box of three numbers',
      { bbox: [3, 4, 10] },
      'boxes that are not four numbers, taken from outlines: 1 (0.png)',
    ],
    [
      'with a text for a box',
      { bbox: [3, 4, 10, '12'], segmentation: {} },
      'outlines that are neither polygons nor run lengths, left out: 1 (0.png)\n' +
        'train: boxes that are not four numbers, left out: 1 (0.png)',
    ],
    [
      'of no image',
      { image_id: null },
      'objects without the number of an image or a class, left out: 1 (annotations[0])',
    ],
    ['to ignore', { ignore: 1 }, 'objects to ignore, taken as crowds: 1 (0.png)'],
  ])('%s are said', async (_, values, finding) => {
    expect((await findingsOf(withFirst(values))).join('\n')).toBe(`train: ${finding}`);
  });

  test('without an area, a box or a list of polygons get theirs from the outline', async () => {
    const { train } = await set.open(
      withFirst({ bbox: null, area: null, segmentation: [3, 4, 13, 4, 13, 16, 3, 16] }),
    );
    expect(train.targets(0).objects[0]).toMatchObject({ box: [3, 4, 10, 12], area: 120 });
  });

  test('that are crowds, less than a pixel wide or without an area are not learnt from', async () => {
    for (const values of [{ iscrowd: 1 }, { bbox: [3, 4, 0.5, 9] }, { area: 0 }]) {
      const { train } = await set.open(withFirst(values));
      expect(train.targets(0).objects).toHaveLength(1);
      expect(trainedObjects(train.targets(0))).toEqual([]);
    }
  });

  test('whose numbers are texts, and whose images lie in folders of Windows, are found', async () => {
    const plain = await set.open((coco) => coco);
    const { train, findings } = await set.open(({ images: listed, ...coco }) => ({
      ...coco,
      images: listed.map((image) => ({
        ...image,
        id: `${image.id}`,
        file_name: `..\\train\\${image.file_name}`,
        width: null,
      })),
      annotations: coco.annotations.map((object) => ({
        ...object,
        id: `${object.id}`,
        image_id: `${object.image_id}`,
        iscrowd: '0',
      })),
    }));
    expect(findings).toEqual(plain.findings);
    expect([0, 1].map(train.targets)).toEqual([0, 1].map(plain.train.targets));
  });

  test('of images that annotations name by a path of another machine are found', async () => {
    const { train } = await set.open(({ images: listed, ...coco }) => ({
      ...coco,
      images: listed.map((image) => ({ ...image, file_name: `C:\\set\\${image.file_name}` })),
    }));
    expect(train.images.count).toBe(2);
  });

  test('that are there twice are kept and said', async () => {
    const lines = await findingsOf((coco) => {
      const copies = coco.annotations.map((object) => ({ ...object, id: object.id + 10 }));
      return { ...coco, annotations: [...coco.annotations, ...copies] };
    });
    expect(lines).toEqual(['train: boxes that are there twice: 2 (0.png, 1.png)']);
  });

  test('in shares of the sides are refused where pixels are expected', async () => {
    const shares = (coco: Coco) => ({
      ...coco,
      annotations: coco.annotations.map((object) => ({ ...object, bbox: [0.1, 0.1, 0.5, 0.5] })),
    });
    await expect(set.open(shares)).rejects.toThrow(
      /^Expected boxes in pixels in .*instances_train\.json \(COCO JSON\) but got numbers from 0 to 1 in all of them\.\n/,
    );
  });

  test('without outlines are refused where masks are to be learnt', async () => {
    const bare = (coco: Coco) => ({
      ...coco,
      annotations: coco.annotations.map((object) => ({ ...object, segmentation: [] })),
    });
    await expect(set.open(bare, { needsOutlines: true })).rejects.toThrow(
      /^Expected outlines of objects in .* but got boxes only\.\nTrain --task detection on boxes\.$/,
    );
  });

  test('are refused where none is left to learn from', async () => {
    await expect(set.open((coco) => ({ ...coco, annotations: [] }))).rejects.toThrow(
      /^Expected objects to learn from in .* but got none in 2 images\.$/,
    );
    const empty = (coco: Coco) => ({
      ...coco,
      annotations: coco.annotations.map((object) => ({ ...object, bbox: [3, 4, 0, 0] })),
    });
    await expect(set.open(empty)).rejects.toThrow(
      / none in 2 images\.\nboxes of zero or negative size, left out: 2 \(0\.png, 1\.png\)$/,
    );
  });
});

describe('images and classes', () => {
  test('images without objects are kept, and classes without are named', async () => {
    const { findings, train } = await set.open((coco) => ({
      ...coco,
      annotations: coco.annotations.slice(0, 1),
    }));
    expect(train.images.count).toBe(2);
    expect(findings[0]).toMatch(
      /: 1 object of 2 classes in 2 images; 1 image without objects, kept as negative; no object of rim$/,
    );
  });

  test('images that are not there, or there twice, are left out; none at all is refused', async () => {
    const [first, second] = cocoOf(drawnPair, pairClasses).images;
    const gone = { ...second, file_name: 'gone.png' };
    const twice = { ...second, id: 1 };
    expect(await findingsOf((coco) => ({ ...coco, images: [first, gone] }))).toEqual([
      'train: images that are annotated but not there, left out: 1 (gone.png)',
    ]);
    expect(await findingsOf((coco) => ({ ...coco, images: [first, twice, second] }))).toEqual([
      'train: images whose number another one has, left out: 1 (1.png)',
    ]);
    await expect(set.open((coco) => ({ ...coco, images: [gone] }))).rejects.toThrow(
      /^Expected the images of .* near it, such as `gone\.png`, but got none of 1\.\n/,
    );
  });

  test('classes that differ between parts are matched by name, and others left out', async () => {
    const {
      findings,
      val,
      classes: learnt,
    } = await set.open((coco) => ({
      ...coco,
      categories: [
        { id: 20, name: 'rim' },
        { id: 10, name: 'spot' },
      ],
    }));
    expect(learnt).toEqual(['rim', 'spot']);
    expect(findings).toContain('val: objects of other classes, left out: 1 (cell)');
    expect(val.targets(1).objects).toMatchObject([{ label: 0 }]);
    const none = (coco: Coco) => ({ ...coco, categories: [{ id: 10, name: 'spot' }] });
    await expect(set.open(none)).rejects.toThrow(
      /^Expected one of the classes spot in .*instances_val\.json but got cell, rim\.$/,
    );
  });
});
