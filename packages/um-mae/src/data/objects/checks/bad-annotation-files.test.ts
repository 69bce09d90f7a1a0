/** Files of annotations as people have them: what cannot be read is refused in a sentence. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../cli/testing/command-line.js';
import { openTrainingObjects } from '../open-detected-images.js';
import { ChangedSet, drawnPair, pairClasses } from '../testing/changed-set.js';
import { cocoOf, drawImage } from '../testing/drawn-set.js';

const set = new ChangedSet(temporaryFolder());
beforeAll(() => set.prepare());

describe('files of annotations', () => {
  const rules = { classes: null, needsOutlines: false };
  const open = (path: string) => openTrainingObjects({ train: path, val: path }, rules);

  test('that are too large, no JSON or of another format are refused in a sentence', async () => {
    writeFileSync(set.at('large.json'), '');
    truncateSync(set.at('large.json'), 20e9);
    await expect(open(set.at('large.json'))).rejects.toThrow(
      /^Expected annotations of at most \d+ MB in .*large\.json, which .* but got 20000 MB\.\n/,
    );
    writeFileSync(set.at('cut.json'), '{"images": [');
    await expect(open(set.at('cut.json'))).rejects.toThrow(/^Expected JSON in .*cut\.json but got/);
    writeFileSync(set.at('other.json'), '{"a": 1}');
    await expect(open(set.at('other.json'))).rejects.toThrow(
      /^Expected `images`, .* but got other JSON/,
    );
    const bare = set.open(({ images: listed, categories }) => ({ images: listed, categories }));
    await expect(bare).rejects.toThrow(/ but got no `annotations`\.$/);
    await expect(set.open((coco) => ({ ...coco, categories: [] }))).rejects.toThrow(
      /^Expected classes of objects in .* but got none\.\nobjects of a class that the file does not/,
    );
    const utf16 = Buffer.from(`\uFEFF${JSON.stringify(cocoOf(drawnPair, pairClasses))}`, 'utf16le');
    writeFileSync(set.at('set/annotations/instances_val.json'), utf16);
    expect((await set.open((coco) => coco)).val.images.count).toBe(2);
    await expect(set.open((coco) => ({ ...coco, annotations: {} }))).rejects.toThrow(
      /^Expected a list for `annotations` in .*instances_train\.json but got \{\}\.$/,
    );
    await expect(set.open((coco) => ({ ...coco, categories: [{ id: 1 }] }))).rejects.toThrow(
      /^Expected `id` and `name` of a class for `categories\[0\]` in .* but got \{"id":1\}\.$/,
    );
    const value = { x: '7', rectanglelabels: ['cell'] };
    const task = { data: { image: '0.png' }, annotations: [{ result: [{ value }] }] };
    writeFileSync(set.at('studio.json'), JSON.stringify([task]));
    await expect(open(set.at('studio.json'))).rejects.toThrow(
      /^Expected a number for `\[0\]\.annotations\[0\]\.result\[0\]\.value\.x` in .* but got "7"\.$/,
    );
    writeFileSync(set.at('data.yaml'), 'train: images\nval: [1]\n');
    await expect(open(set.at('data.yaml'))).rejects.toThrow(
      /^Expected a path or a list of paths for `val` in .*data\.yaml but got \[1\]\.$/,
    );
    await expect(open(set.at('nothing'))).rejects.toThrow(/ but got nothing there\.\n/);
    mkdirSync(set.at('empty'));
    await expect(open(set.at('empty'))).rejects.toThrow(/ but got none that are known\.\n/);
  });

  test('of XML with entities or damage are left out, and entities are never expanded', async () => {
    mkdirSync(set.at('voc'));
    const box = '<bndbox><xmin>4</xmin><ymin>5</ymin><xmax>13</xmax><ymax>16</ymax></bndbox>';
    const named = (name: string) =>
      `<annotation><object><name>${name}</name>${box}</object></annotation>`;
    const texts = [
      named('cell &amp; rim'),
      `<!DOCTYPE annotation [<!ENTITY x SYSTEM "file:///etc/passwd">]>${named('&x;')}`,
      '<annotation><object>',
    ];
    for (const [place, text] of texts.entries()) {
      await drawImage(set.at('voc', `${place}.png`), drawnPair[0]);
      writeFileSync(set.at('voc', `${place}.xml`), text);
    }
    const {
      train,
      classes: found,
      findings,
    } = await openTrainingObjects(
      { train: set.at('voc'), val: set.at('set') },
      { classes: ['cell & rim', 'rim'], needsOutlines: false },
    );
    expect(found).toEqual(['cell & rim', 'rim']);
    expect(train.images.count).toBe(1);
    expect(findings.slice(1, 3)).toEqual([
      'train: XML files with a document type, which may define entities, left out: 1 (1.xml)',
      'train: XML files damaged, left out: 1 (2.xml)',
    ]);
  });

  test('of YOLO with pixels, unknown classes or other lines are said, and refused where all are', async () => {
    for (const part of ['train', 'val']) {
      mkdirSync(set.at('yolo/images', part), { recursive: true });
      mkdirSync(set.at('yolo/labels', part), { recursive: true });
      await drawImage(set.at('yolo/images', part, '0.png'), drawnPair[0]);
    }
    writeFileSync(set.at('yolo/classes.txt'), 'cell\nrim\n');
    writeFileSync(set.at('yolo/labels/val/0.txt'), '0 0.5 0.5 0.2 0.2\n');
    const lines = [
      '0 0.5 0.5 0.2 0.2',
      '0 20 15 9 9',
      '7 0.5 0.5 0.2 0.2',
      '0 0.5',
      'cell 1 1 1 1',
    ];
    writeFileSync(set.at('yolo/labels/train/0.txt'), lines.join('\n'));
    const { findings } = await open(set.at('yolo'));
    expect(findings.slice(1, 4)).toEqual([
      'train: boxes in pixels where shares of the sides are expected, left out: 1 (images/train/0.png)',
      'train: objects of a class that has no name, left out: 1 (images/train/0.png: 7)',
      'train: lines that are no box and no polygon, left out: 2 (images/train/0.png and 1 more)',
    ]);
    writeFileSync(set.at('yolo/labels/train/0.txt'), '0 20 15 9 9\n');
    await expect(open(set.at('yolo'))).rejects.toThrow(
      /^Expected boxes as shares of the sides in the label files of train but got pixels in all 1\.\n/,
    );
  });

  test('are chosen by a part of their path, and refused where none has it', async () => {
    for (const part of ['train', 'val']) {
      const few = cocoOf(drawnPair.slice(0, 1), pairClasses);
      writeFileSync(set.at('set/annotations', `instances_${part}_few.json`), JSON.stringify(few));
    }
    await set.open((coco) => ({ ...coco }));
    const paths = { train: set.at('set'), val: set.at('set') };
    const { train } = await openTrainingObjects({ ...paths, annotations: 'few' }, rules);
    expect(train.images.count).toBe(1);
    expect((await openTrainingObjects(paths, rules)).val.images.count).toBe(2);
    await expect(openTrainingObjects({ ...paths, annotations: 'none' }, rules)).rejects.toThrow(
      /^Expected a file of annotations whose path has `none` in .*set but got none\.$/,
    );
  });

  test('for both parts are refused where they have one alone', async () => {
    await expect(open(set.at('set/annotations/instances_val.json'))).rejects.toThrow(
      /^Expected a part for training and one for validation in .* but got only `val`\.\n/,
    );
  });
});
