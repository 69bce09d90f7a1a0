import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../cli/testing/command-line.js';
import { writeScenes } from '../demo/scenes.js';
import { DataError } from '../errors.js';
import {
  classifiedDigest,
  openClassifiedImages,
  openTrainingImages,
  type TrainingImages,
} from './classified-images.js';
import { packImages } from './curation/pack.js';
import { openImages } from './sources/open-images.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const names: string[] = [];

beforeAll(async () => {
  await writeScenes(at('scenes'), { perClass: { train: 2, val: 1 }, seed: 1, size: 32 });
  names.push(...readdirSync(at('scenes/train')).sort());
});

function open(train: string, val: string, options: { root?: string; known?: string[] } = {}) {
  const { root, known = [] } = options;
  const paths = { train: at(train), val: at(val), root: root ? at(root) : null };
  return openTrainingImages(paths, known);
}

function list(name: string, lines: readonly string[]): string {
  writeFileSync(at(name), `${lines.join('\n')}\n`);
  return name;
}

/** Every image of the training part by the name of its class. */
function namesOf({ train, classes }: TrainingImages): (string | undefined)[] {
  return [...train.labels].map((label) => classes[label]);
}

async function refusal(opened: Promise<unknown>): Promise<string> {
  return opened.then(
    () => 'accepted',
    (error) => {
      expect(error).toBeInstanceOf(DataError);
      return error.message;
    },
  );
}

describe('openTrainingImages', () => {
  test('takes folders as classes, in the order of their names', async () => {
    const opened = await open('scenes/train', 'scenes/val');
    expect(opened.classes).toEqual(names);
    expect(namesOf(opened)).toEqual(names.flatMap((name) => [name, name]));
    expect([...opened.val.labels]).toEqual(names.map((_, label) => label));
    expect(opened.train.labels[3]).toBe(1);
  });

  test('takes a list of few images, with the classes of its folders', async () => {
    const few = names.map((name) => `${name}/0001.png`);
    const opened = await open(list('few.txt', few), 'scenes/val', { root: 'scenes/train' });
    expect(opened.train.images.count).toBe(8);
    expect(opened.classes).toEqual(names);
  });

  test('takes numbers for the classes of the other side, by the order of their names', async () => {
    const lines = names.map((name, label) => `scenes/train/${name}/0000.png ${label}`);
    const opened = await open(list('numbers.txt', lines), 'scenes/val');
    expect(opened.classes).toEqual(names);
    expect(namesOf(opened)).toEqual(names);
  });

  test('takes numbers as names where there are no others, or the names that are told', async () => {
    const lines = ['0', '1', '1'].map((label, i) => `scenes/train/${names[i]}/0000.png ${label}`);
    const numbers = list('two.txt', lines);
    expect((await open(numbers, numbers)).classes).toEqual(['0', '1']);
    const opened = await open(numbers, numbers, { known: ['cat', 'dog'] });
    expect(namesOf(opened)).toEqual(['cat', 'dog', 'dog']);
  });

  test('takes packed shards, with the names that were packed', async () => {
    for (const side of ['train', 'val']) {
      const images = await openImages([at(`scenes/${side}`)]);
      await packImages(images, { out: at(`shards/${side}`), imagesPerShard: 5 });
    }
    const opened = await open('shards/train', 'shards/val');
    expect(opened.classes).toEqual(names);
    expect(namesOf(opened).sort()).toEqual(names.flatMap((name) => [name, name]));
  });

  test('tells other labels of the same images from these', async () => {
    const of = async (labels: string) => {
      const lines = [...labels].map((label, i) => `scenes/train/${names[i]}/0000.png ${label}`);
      const opened = await open(list(`${labels}.txt`, lines), `${labels}.txt`);
      return classifiedDigest(opened.train);
    };
    expect(await of('001')).toBe(await of('001'));
    expect(await of('001')).not.toBe(await of('011'));
  });

  test('refuses classes that differ, are missing, empty, or only one', async () => {
    const copy = (name: string, classes: readonly string[]) => {
      for (const one of classes) mkdirSync(at(`${name}/${one}`), { recursive: true });
      for (const one of classes) writeFileSync(at(`${name}/${one}/a.png`), '');
      return name;
    };
    const abc = copy('abc', ['a', 'b', 'c']);
    const ab = copy('ab', ['a', 'b']);
    expect(await refusal(open(abc, ab))).toMatch(
      /^Expected the 3 classes of .*abc in .*ab but got them without `c`\.$/,
    );
    expect(await refusal(open(ab, abc))).toMatch(
      /^Expected the 2 classes of .*ab in .*abc but got them also `c`\.$/,
    );
    expect(await refusal(open(ab, copy('bd', ['b', 'd'])))).toMatch(
      /but got them without `a`, also `d`\.$/,
    );
    expect(await refusal(open(copy('a', ['a']), 'a'))).toMatch(
      /^Expected at least two classes in .*a but got only `a`\.$/,
    );
    const numbers = (name: string, labels: string) =>
      list(
        name,
        [...labels].map((label, i) => `ab/${'ab'[i]}/a.png ${label}`),
      );
    expect(await refusal(open(numbers('both.txt', '01'), numbers('same.txt', '11')))).toMatch(
      /^Expected at least two classes in .*same\.txt but got only `1`\.$/,
    );
    mkdirSync(at('ab/empty'));
    expect(await refusal(open(ab, abc))).toMatch(
      /^Expected images in every class folder of .*ab but got none in `empty`\.\nAdd some, or remove the folder\.$/,
    );
    rmSync(at('ab/empty'), { recursive: true });
  });

  test('refuses labels out of range, and numbers without images', async () => {
    const gap = list(
      'gap.txt',
      ['0', '2', '2'].map((label) => `scenes/val/${names[0]}/0000.png ${label}`),
    );
    expect(await refusal(open(gap, gap))).toMatch(
      /^Expected images of every class in .*gap\.txt but got none of `1`\.$/,
    );
    const wide = list('wide.txt', [`scenes/val/${names[0]}/0000.png 8`]);
    expect(await refusal(open('scenes/train', wide))).toMatch(
      /^Expected labels from 0 to 7 in .*wide\.txt but got 8 for .*0000\.png\.$/,
    );
    const absurd = list(
      'absurd.txt',
      ['0', '9999999'].map((label) => `scenes/val/${names[0]}/0000.png ${label}`),
    );
    expect(await refusal(open(absurd, absurd))).toMatch(/but got 9999999 among 2 images/);
    const known = await refusal(open(gap, gap, { known: ['cat', 'dog'] }));
    expect(known).toMatch(/^Expected labels from 0 to 1 in .*gap\.txt but got 2 for /);
  });

  test('refuses images without classes', async () => {
    expect(await refusal(open('scenes', 'scenes/val'))).toMatch(
      /^Expected a class for every image of .*scenes but got none for .*\.png\.\nPut images into .*\/CLASS\/, or list/,
    );
  });
});

describe('openImages', () => {
  test('takes images with and without classes, and the names of packed shards', async () => {
    const named = (...names: string[]) => openImages(names.map(at), { labelled: true });
    const { images, labelOf, classes } = await named('scenes');
    expect([images.count, labelOf(0), classes]).toEqual([24, undefined, []]);
    expect((await named('shards/val')).classes).toEqual(names);
    expect((await named('shards/val', 'shards/train')).classes).toEqual(names);
  });
});

describe('openClassifiedImages', () => {
  test('numbers by the names of a classifier', async () => {
    const classes = [...names].reverse();
    const { labels } = await openClassifiedImages(at('scenes/val'), { root: null, classes });
    expect([...labels]).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
  });
});
