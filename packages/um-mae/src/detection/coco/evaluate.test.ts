import { describe, expect, test } from 'vitest';
import { boxMask } from '../run-lengths/polygon.js';
import type { CocoBox } from '../run-lengths/run-lengths.js';
import { evaluateDetections } from './evaluate.js';
import { cocoObjects, cocoResults } from './file.js';
import type { FoundObject, TrueObject } from './objects.js';
import { cocoSummary, precisionByCategory } from './summary.js';

const size = { height: 100, width: 100 };

function there(image: number, category: number, box: CocoBox, more: Partial<TrueObject> = {}) {
  const id = 1 + image * 100 + category * 10;
  const mask = boxMask(box, size);
  return { image, category, id, area: box[2] * box[3], isCrowd: false, box, mask, ...more };
}

function seen(image: number, category: number, score: number, box: CocoBox): FoundObject {
  return { image, category, score, box, mask: boxMask(box, size) };
}

const all = { images: [1, 2], categories: [1, 2] } as const;
const objects = [there(1, 1, [10, 10, 20, 20]), there(2, 1, [0, 0, 50, 50])];
const exact = objects.map(({ image, category, box }) => seen(image, category, 0.9, box));

describe.each(['box', 'mask'] as const)('evaluateDetections by %s', (by) => {
  const options = { ...all, by };

  test('gives 1 for all objects found exactly, and -1 where no object is', () => {
    const evaluation = evaluateDetections(objects, exact, options);
    const { AP, AP_small: small, AP_large: large, AR_1: recall } = cocoSummary(evaluation);
    expect(small).toBeCloseTo(1, 12);
    expect({ AP, large, recall }).toEqual({ AP: 1, large: -1, recall: 1 });
    expect([...precisionByCategory(evaluation)]).toEqual([
      [1, 1],
      [2, -1],
    ]);
  });

  test('counts a better scored false object against precision, a worse one not', () => {
    const of = (score: number) => {
      const wrong = seen(1, 1, score, [60, 60, 9, 9]);
      return cocoSummary(evaluateDetections(objects, [...exact, wrong], options)).AP;
    };
    expect(of(0.1)).toBe(1);
    // The first of three is wrong: the precision is 2/3 at every recall.
    expect(of(0.95)).toBeCloseTo(2 / 3, 12);
  });

  test('counts what is found of a crowd neither way, however often', () => {
    const crowd = there(1, 1, [50, 50, 40, 40], { id: 999, isCrowd: true });
    const inside = [0.99, 0.98].map((score) => seen(1, 1, score, [60, 60, 9, 9]));
    const found = evaluateDetections([...objects, crowd], [...exact, ...inside], options);
    expect(cocoSummary(found).AP).toBe(1);
  });

  test('takes thresholds of its own, and leaves out other images and categories', () => {
    const shifted = [seen(1, 1, 0.9, [15, 10, 20, 20]), seen(9, 1, 1, [0, 0, 5, 5])];
    const only = { ...options, images: [1], thresholds: [0.3, 0.9] };
    const evaluation = evaluateDetections(objects, [...shifted, seen(1, 7, 1, [0, 0, 5, 5])], only);
    // 15 x 20 of 25 x 20 pixels are shared: 0.6.
    expect(evaluation.averagePrecision.length).toBe(2 * 2 * 4 * 3);
    expect(cocoSummary(evaluation).AP).toBeCloseTo(0.5, 12);
  });

  test('finds nothing in nothing', () => {
    expect(cocoSummary(evaluateDetections(objects, [], options)).AP).toBe(0);
    expect(cocoSummary(evaluateDetections([], exact, options)).AP).toBe(-1);
  });
});

describe("COCO's files", () => {
  const file = {
    images: [{ id: 1, height: 20, width: 30 }],
    categories: [{ id: 3, name: 'cell' }],
    annotations: [
      {
        id: 5,
        image_id: 1,
        category_id: 3,
        bbox: [2, 2, 4, 5],
        area: 20,
        segmentation: [[2, 2, 6, 2, 6, 7, 2, 7]],
      },
    ],
  };

  test('are read with polygons and run lengths as masks', () => {
    const { objects: read, categories } = cocoObjects(file, { masks: true });
    expect(categories).toEqual([{ id: 3, name: 'cell' }]);
    expect(read[0]?.mask).toEqual(boxMask([2, 2, 4, 5], { height: 20, width: 30 }));
    const counts = [...(read[0]?.mask?.counts ?? [])];
    const segmentation = { size: [20, 30], counts };
    const result = { image_id: 1, category_id: 3, score: 0.5, segmentation };
    expect(cocoResults([result])[0]?.mask).toEqual(read[0]?.mask);
  });

  test('with a mask of another size than its image are refused in a sentence', () => {
    const [annotation] = file.annotations;
    const segmentation = { size: [5, 5], counts: [25] };
    const wrong = { ...file, annotations: [{ ...annotation, segmentation }] };
    expect(() => cocoObjects(wrong, { masks: true })).toThrow(
      'Expected a mask of 20 x 30 pixels but got 5 x 5.',
    );
  });
});
