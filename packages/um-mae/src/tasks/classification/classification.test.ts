import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { Generator, noGrad, tensor } from '@um-mae/torch';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { backbonePresets } from '../../backbones/families.js';
import { temporaryFolder } from '../../cli/testing/command-line.js';
import { openClassifiedImages } from '../../data/classified-images.js';
import { writeScenes } from '../../demo/scenes.js';
import { Classifier } from '../../heads/classifier.js';
import { renderConfusion } from '../../pictures/confusion-picture.js';
import { evaluateClassifier } from './classification.js';
import { classify, likeliest } from './classify.js';
import { describeClassScores, scoresByClass } from './evaluation/class-scores.js';
import { predictFiles } from './predict.js';

const folder = temporaryFolder();
const classes: string[] = [];
const model = new Classifier(
  {
    backbone: { ...backbonePresets['swin-micro'], channels: 8, heads: [1, 1, 1, 1] },
    image: { height: 32, width: 32 },
    headPooling: 'mean',
    classes: 8,
  },
  { generator: new Generator(0) },
);

beforeAll(async () => {
  await writeScenes(folder, { perClass: { train: 0, val: 3 }, seed: 1, size: 40 });
  classes.push(...readdirSync(join(folder, 'val')).sort());
  // Class 2 is always the likeliest, then 3, 4, 5, 6, 7, 0 and 1.
  noGrad(() => {
    model.head.weight.zero_();
    model.head.bias?.copy_(tensor([-2, -3, 5, 4, 3, 2, 1, 0]));
  });
});

const open = () => openClassifiedImages(join(folder, 'val'), { root: null, classes });

describe('evaluateClassifier', () => {
  test('counts what is right, what is nearly right, and every confusion', async () => {
    const { scores, confusion, skipped } = await evaluateClassifier(model, await open());
    const logits = [-2, -3, 5, 4, 3, 2, 1, 0];
    const normaliser = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const loss = logits.reduce((sum, logit) => sum + normaliser - logit, 0) / 8;
    expect(scores).toEqual({
      topOne: 1 / 8,
      topFive: 5 / 8,
      perClass: 1 / 8,
      loss: expect.closeTo(loss, 5),
      images: 24,
    });
    expect(confusion).toEqual(Array.from({ length: 8 }, (_, label) => [label, 2, 3]));
    expect(skipped).toEqual([]);
  });

  test('averages over the classes that occur, each as much as the others', async () => {
    const { images } = await open();
    // Of class 2 three images, of class 0 one.
    const some = { images: { ...images, count: 4 }, labels: Int32Array.of(2, 2, 2, 0) };
    const { scores } = await evaluateClassifier(model, some);
    expect(scores).toMatchObject({ topOne: 3 / 4, perClass: 1 / 2 });
  });

  test('leaves the mode of the model, and does not depend on batches and threads', async () => {
    const images = await open();
    const lossOf = async (options: object) =>
      (await evaluateClassifier(model, images, options)).scores.loss;
    expect(model.training).toBe(true);
    expect(await lossOf({ batchSize: 5, workers: 2 })).toBeCloseTo(await lossOf({}), 6);
    expect(model.training).toBe(true);
  });
});

describe('predictFiles', () => {
  test('tells the likeliest classes of each file, and refuses what is no image', async () => {
    const paths = classes.slice(0, 2).map((name) => join(folder, 'val', name, '0000.png'));
    const listed: unknown[] = [];
    for await (const { path, classes: found } of predictFiles({ model, classes }, paths, {
      top: 2,
    })) {
      listed.push({ path, names: found.map(({ name }) => name) });
      expect(found[0]?.probability).toBeCloseTo(0.634, 2);
    }
    expect(listed).toEqual(paths.map((path) => ({ path, names: [classes[2], classes[3]] })));

    const [broken = ''] = paths;
    truncateSync(broken, 0);
    const all = async () => {
      for await (const { path } of predictFiles({ model, classes }, paths)) listed.push(path);
    };
    await expect(all()).rejects.toThrow(
      /^Expected a readable image at `.*0000\.png` but it is empty/,
    );
  });
});

describe('classify', () => {
  test('gives distributions', async () => {
    for await (const { predictions } of classify(model, (await open()).images)) {
      for (const { logProbabilities } of predictions) {
        const sum = logProbabilities.reduce((total, value) => total + Math.exp(value), 0);
        expect(sum).toBeCloseTo(1, 5);
      }
    }
  });
});

describe('scoresByClass', () => {
  test('have precision, recall and F1, and none of what there is not', () => {
    const confused = [
      [0, 0, 3],
      [0, 1, 1],
      [1, 0, 1],
    ] as const;
    const scores = scoresByClass(confused, 4);
    expect(scores.slice(0, 2)).toEqual([
      { label: 0, images: 4, precision: 0.75, recall: 0.75, f1: 0.75 },
      { label: 1, images: 1, precision: 0, recall: 0, f1: 0 },
    ]);
    expect(scores[3]).toEqual({ label: 3, images: 0, precision: null, recall: null, f1: null });
    expect(describeClassScores(scores, ['cat', 'aardvark', 'c', 'd']).slice(0, 3)).toEqual([
      'class     images  precision  recall      F1',
      'cat            4     75.0 %  75.0 %  75.0 %',
      'aardvark       1      0.0 %   0.0 %   0.0 %',
    ]);
  });

  test('of many classes list the worst', () => {
    const lines = describeClassScores(scoresByClass([[7, 8, 1]], 200), []);
    expect(lines).toHaveLength(22);
    expect(lines[2]).toMatch(/^class 7 +1 +- +0\.0 % +0\.0 %$/);
  });
});

describe('likeliest', () => {
  test('puts the first of equal numbers first', () => {
    expect(likeliest(Float32Array.of(1, 3, 2, 3, 0), 3)).toEqual([1, 3, 2]);
  });
});

describe('renderConfusion', () => {
  test.each([2, 20, 40, 400])('draws %d classes', async (count) => {
    const picture = await renderConfusion({
      title: 'Confusion',
      note: 'of a test',
      classes: Array.from({ length: count }, (_, i) => `class ${i}`),
      confusion: Array.from({ length: count }, (_, i) =>
        Array.from({ length: count }, (__, j) => (i === j ? 9 : 0)),
      ),
    });
    const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
    expect(Math.max(info.width, info.height)).toBeLessThan(1400);
    // The diagonal's last cell is blue, the first row's last one is paper.
    const pixel = (x: number, y: number) => [
      ...data.subarray((y * info.width + x) * 3).subarray(0, 3),
    ];
    const cell = count <= 30 ? 34 : Math.max(2, Math.min(14, Math.floor(1000 / count)));
    const bottom = info.height - 24 - Math.ceil(cell / 2);
    const row = Array.from({ length: info.width }, (_, x) =>
      pixel(x, bottom - Math.floor(cell / 4)),
    );
    expect(row).toContainEqual([31, 90, 166]);
  });
});
