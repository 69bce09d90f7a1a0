/** COCO's evaluation of made-up detections, of real annotations and of a set of difficult cases. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor } from '@um-mae/torch';
import { z } from 'zod';
import { type CocoEvaluation, evaluateDetections } from '../../detection/coco/evaluate.js';
import { type CocoObjects, cocoObjects, cocoResults } from '../../detection/coco/file.js';
import type { FoundObject } from '../../detection/coco/objects.js';
import { cocoSummary, meanPrecision, meanRecall } from '../../detection/coco/summary.js';
import { type Comparison, compareNumbers } from '../comparison.js';
import type { Case } from '../fixture.js';
import { type Numbers, openNumbers } from './numbers.js';

const summary = z.record(z.string(), z.number());

const evaluationCase = z.object({
  tolerance: z.number(),
  results: z.record(
    z.string(),
    z.object({
      annotations: z.string(),
      detections: z.string(),
      /** The images that count; default all. */
      images: z.array(z.number()).optional(),
      bbox: summary,
      segm: summary,
      segm_with_boxes_left_in: summary.optional(),
      bbox_without_categories: summary.optional(),
      bbox_when_the_first_annotation_has_id_0: summary.optional(),
      bbox_maxDets_100_300_1000: z
        .object({ AP_at_100: z.number(), AR_100_300_1000: z.array(z.number()) })
        .optional(),
    }),
  ),
});

type Result = z.infer<typeof evaluationCase>['results'][string];

export function runEvaluationCase(fixture: Case): Comparison[] {
  const { results, tolerance } = evaluationCase.parse(fixture.json);
  const numbers = openNumbers(fixture, 'arrays.safetensors');
  return Object.entries(results).flatMap(([name, result]) =>
    compareSet(fixture, numbers, { name, result, tolerance }),
  );
}

function compareSet(
  fixture: Case,
  numbers: Numbers,
  set: { readonly name: string; readonly result: Result; readonly tolerance: number },
): Comparison[] {
  const { name, result, tolerance } = set;
  const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
  // Paths of data begin at the folder above the fixtures.
  const isData = result.annotations.startsWith('data/');
  const annotations = join(fixture.folder, isData ? '../..' : '.', result.annotations);
  const there = cocoObjects(read(annotations), { masks: true });
  const found = cocoResults(read(join(fixture.folder, result.detections)));
  const ids = { ...idsOf(there), ...(result.images && { images: result.images }) };
  const withoutBoxes = found.map((one) => ({ ...one, box: undefined }));
  const evaluate = (by: 'box' | 'mask', given = found, more: object = {}) =>
    evaluateDetections(there.objects, given, { ...ids, by, ...more });
  const [boxes, masks] = [evaluate('box'), evaluate('mask', withoutBoxes)];
  const compare = (what: string, ours: CocoEvaluation, theirs: Record<string, number> = {}) =>
    compareSummary(`${name} ${what}`, ours, theirs, tolerance);
  return [
    ...compare('boxes', boxes, result.bbox),
    ...compare('masks', masks, result.segm),
    ...compare('masks with boxes', evaluate('mask'), result.segm_with_boxes_left_in),
    ...compare(
      'without categories',
      evaluate('box', found, { byCategory: false }),
      result.bbox_without_categories,
    ),
    ...compareArrays(numbers, `${name}.bbox`, boxes),
    ...compareArrays(numbers, `${name}.segm`, masks),
    ...compareMaxima(name, evaluate('box', found, { maxima: [100, 300, 1000] }), result, tolerance),
    ...compare(
      'object of id 0',
      withIdZero(there, found),
      result.bbox_when_the_first_annotation_has_id_0,
    ),
  ];
}

function idsOf({ images, categories }: CocoObjects) {
  return { images, categories: categories.map(({ id }) => id) };
}

function withIdZero(there: CocoObjects, found: readonly FoundObject[]): CocoEvaluation {
  const objects = there.objects.map((object, i) => (i === 0 ? { ...object, id: 0 } : object));
  return evaluateDetections(objects, found, { ...idsOf(there), by: 'box' });
}

function compareSummary(
  name: string,
  evaluation: CocoEvaluation,
  theirs: Readonly<Record<string, number>>,
  tolerance: number,
): Comparison[] {
  const ours = cocoSummary(evaluation);
  return Object.entries(theirs).map(([number, value]) =>
    compareNumbers(`${name} ${number}`, ours[number] ?? Number.NaN, value, tolerance),
  );
}

function compareArrays(numbers: Numbers, name: string, evaluation: CocoEvaluation): Comparison[] {
  return [
    numbers.compare(`${name}.average_precision`, tensor(evaluation.averagePrecision)),
    numbers.compare(`${name}.recall`, tensor(evaluation.recall)),
  ];
}

function compareMaxima(
  name: string,
  evaluation: CocoEvaluation,
  { bbox_maxDets_100_300_1000: theirs }: Result,
  tolerance: number,
): Comparison[] {
  if (!theirs) return [];
  const ours = meanPrecision(evaluation, { maximum: 100 });
  const recalls = [100, 300, 1000].map((maximum) => meanRecall(evaluation, { maximum }));
  return [
    compareNumbers(`${name} AP at 100 of 1000`, ours, theirs.AP_at_100, tolerance),
    ...theirs.AR_100_300_1000.map((value, i) =>
      compareNumbers(`${name} AR ${i} of 1000`, recalls[i] ?? Number.NaN, value, tolerance),
    ),
  ];
}
