/** Run-length codes of masks, polygons and boxes, and their overlaps. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../../at.js';
import { cocoObjects } from '../../../detection/coco/file.js';
import {
  boxOverlap,
  type MeasuredMask,
  maskOverlap,
  measureMask,
} from '../../../detection/run-lengths/overlap.js';
import { boxMask, polygonMask } from '../../../detection/run-lengths/polygon.js';
import {
  decodeMask,
  encodeMask,
  joinMasks,
  maskArea,
  maskBox,
  type RunLengths,
} from '../../../detection/run-lengths/run-lengths.js';
import { parseRunLengths, runLengthText } from '../../../detection/run-lengths/text.js';
import { type Comparison, compareNumbers } from '../../comparison.js';
import type { Case } from '../../fixture.js';
import { openNumbers } from '../numbers.js';

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const size = z.tuple([z.number(), z.number()]);
const mask = z.object({ string: z.string(), area: z.number(), bbox: box });

const runLengthCase = z.object({
  size,
  bitmaps: z.array(mask.extend({ counts: z.array(z.number()) })),
  union_of_all_pairs: z.array(z.array(z.string())),
  intersection_of_all_pairs: z.array(z.array(z.string())),
  pairs_of_rows: z.array(z.number()),
  union_of_three: z.string(),
  intersection_of_three: z.string(),
  polygons: z.object({
    size,
    shapes: z.record(z.string(), mask.extend({ polygons: z.array(z.array(z.number())) })),
  }),
  boxes_to_rle: z.array(z.object({ box, string: z.string() })),
  coco_mini_val: z.array(mask.extend({ annotation: z.number() })),
});

export function runRunLengthCase(fixture: Case): Comparison[] {
  const facts = runLengthCase.parse(fixture.json);
  const [height, width] = facts.size;
  const numbers = openNumbers(fixture);
  const masks = facts.bitmaps.map((_, i) =>
    encodeMask(Uint8Array.from([...numbers.get(`bitmap.${i}`).toArray()].map(Number)), {
      height,
      width,
    }),
  );
  const bitmaps = masks.flatMap((own, i) => {
    const theirs = facts.bitmaps[i];
    if (!theirs) return [];
    const read = parseRunLengths(theirs.string, { height, width });
    return [
      same(`counts of bitmap ${i}`, [...own.counts], theirs.counts),
      numbers.compare(`bitmap.${i}`, tensor(decodeMask(read))),
      ...compareMask(`bitmap ${i}`, own, theirs),
    ];
  });
  return [
    ...bitmaps,
    ...compareJoins(facts, masks),
    ...compareOverlaps(fixture, masks.map(measureMask)),
    ...comparePolygons(facts),
    ...compareAnnotations(fixture, facts),
  ];
}

type Facts = z.infer<typeof runLengthCase>;

/** A difference of texts or lists counts as one. */
function same(name: string, ours: unknown, theirs: unknown): Comparison {
  return compareNumbers(name, JSON.stringify(ours) === JSON.stringify(theirs) ? 0 : 1, 0, 0);
}

function compareMask(name: string, ours: RunLengths, theirs: z.infer<typeof mask>): Comparison[] {
  return [
    same(`text of ${name}`, runLengthText(ours), theirs.string),
    compareNumbers(`area of ${name}`, maskArea(ours), theirs.area, 0),
    same(`box of ${name}`, maskBox(ours), theirs.bbox),
  ];
}

function compareJoins(facts: Facts, masks: readonly RunLengths[]): Comparison[] {
  const kinds = [
    ['union', facts.union_of_all_pairs, [4, 5, 7], facts.union_of_three],
    ['intersection', facts.intersection_of_all_pairs, [1, 2, 4], facts.intersection_of_three],
  ] as const;
  return kinds.flatMap(([kind, pairs, three, together]) => {
    const join = (a: RunLengths, b: RunLengths) => joinMasks(a, b, kind);
    const ours = facts.pairs_of_rows.map((row) =>
      masks.map((other) => runLengthText(join(at(masks, row), other))),
    );
    const all = three.map((place) => at(masks, place)).reduce(join);
    return [
      same(`${kind} of pairs`, ours, pairs),
      same(`${kind} of three`, runLengthText(all), together),
    ];
  });
}

function compareOverlaps(fixture: Case, masks: readonly MeasuredMask[]): Comparison[] {
  const numbers = openNumbers(fixture);
  const corners = numbers.get('boxes').unbind();
  const all = corners.map((own) => box.parse([...own.toArray()].map(Number)));
  const table = <Item>(
    items: readonly Item[],
    overlap: (found: Item, object: Item, isCrowd: boolean) => number,
    isCrowd: (place: number) => boolean,
  ) =>
    tensor(
      items.map((a) => items.map((b, j) => overlap(a, b, isCrowd(j)))),
      { dtype: 'f64' },
    );
  const [never, third, odd] = [() => false, (j: number) => j % 3 === 0, (j: number) => j % 2 === 1];
  return [
    numbers.compare('iou', table(masks, maskOverlap, never)),
    numbers.compare('iou_crowd', table(masks, maskOverlap, third)),
    numbers.compare('boxes_iou', table(all, boxOverlap, never)),
    numbers.compare('boxes_iou_crowd', table(all, boxOverlap, odd)),
  ];
}

function comparePolygons({ polygons, boxes_to_rle: boxes }: Facts): Comparison[] {
  const [height, width] = polygons.size;
  const shapes = Object.entries(polygons.shapes).flatMap(([name, theirs]) =>
    compareMask(name, polygonMask(theirs.polygons, { height, width }), theirs),
  );
  const drawn = boxes.map((theirs, i) => {
    const ours = boxMask(theirs.box, { height, width });
    return same(`box ${i} as a mask`, runLengthText(ours), theirs.string);
  });
  return [...shapes, ...drawn];
}

function compareAnnotations(fixture: Case, { coco_mini_val: published }: Facts): Comparison[] {
  const path = '../../data/coco-mini/annotations/instances_val.json';
  const json = JSON.parse(readFileSync(join(fixture.folder, path), 'utf8'));
  const { objects } = cocoObjects(json, { masks: true });
  const found = new Map(objects.map((object) => [object.id, object]));
  return published.flatMap((theirs) => {
    const ours = found.get(theirs.annotation)?.mask;
    return ours ? compareMask(`annotation ${theirs.annotation}`, ours, theirs) : [];
  });
}
