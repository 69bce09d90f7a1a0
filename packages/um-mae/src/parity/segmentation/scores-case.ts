/** Scores over a set of label maps, against the published ones. */
import type { Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../at.js';
import { UmMaeError } from '../../errors.js';
import {
  type ClassScores,
  PixelConfusion,
  type PixelLabels,
} from '../../tasks/segmentation/evaluation/pixel-confusion.js';
import { type Comparison, compareNumbers } from '../comparison.js';
import { type Case, readTensors, required } from '../fixture.js';

const shares = z.array(z.number().nullable());
const counts = z.array(z.number());

const scoresCase = z.object({
  confusion_rows_are_labels: z.array(counts),
  results: z.array(
    z.object({
      what: z.string(),
      labels: z.string(),
      num_classes: z.number(),
      intersection: counts,
      union: counts,
      predicted_pixels: counts,
      labelled_pixels: counts,
      iou_per_class: shares,
      accuracy_per_class: shares,
      dice_per_class: shares,
      aAcc: z.number(),
      mIoU: z.number(),
      mAcc: z.number(),
      mDice: z.number(),
    }),
  ),
});

type Result = z.infer<typeof scoresCase>['results'][number];

/** Whether `json` describes a case of this kind. */
export function isScoresCase(json: unknown): boolean {
  return scoresCase.safeParse(json).success;
}

export function runScoresCase(fixture: Case): Comparison[] {
  const { results, confusion_rows_are_labels: rows } = scoresCase.parse(fixture.json);
  const tensors = readTensors(fixture, 'tensors.safetensors');
  return results.flatMap((result, i) => {
    const confusion = new PixelConfusion(result.num_classes, 255);
    const refused = addAll(confusion, tensors, result);
    // Labels beyond the classes are refused here, and counted in odd ways there.
    if (result.what.startsWith('labels beyond'))
      return [compareNumbers(`${result.what}: refused`, refused ? 1 : 0, 1, 0)];
    const confusions = i === 0 ? rows.flat() : [];
    return [
      ...confusions.map((count, cell) =>
        compareNumbers(`confusion ${cell}`, confusion.counts[cell] ?? Number.NaN, count, 0),
      ),
      ...compareScores(confusion, result),
    ];
  });
}

/** Adds the images that a result is about. @returns whether a label was refused */
function addAll(
  confusion: PixelConfusion,
  tensors: ReadonlyMap<string, Tensor>,
  { labels, what }: Result,
): boolean {
  const [, kind = 'label', which] = /^(\w+)\.(k|\d+)/.exec(labels) ?? [];
  const names = [...tensors.keys()].filter((name) =>
    which === 'k' ? name.startsWith(`${kind}.`) : name === `${kind}.${which}`,
  );
  try {
    for (const name of names) {
      const number = name.slice(kind.length + 1);
      const predicted = required(tensors, `prediction.${number}`).toArray() as PixelLabels;
      const own = required(tensors, name).toArray() as PixelLabels;
      confusion.add(predicted, what.includes('reduce_zero_label') ? shiftBack(own) : own);
    }
  } catch (error) {
    if (!(error instanceof UmMaeError)) throw error;
    return true;
  }
  return false;
}

/** Labels as files hold them, one higher and with 0 for what is ignored, and read again. */
function shiftBack(labels: PixelLabels): PixelLabels {
  const written = labels.map((label) => (label === 255 ? 0 : label + 1));
  return written.map((label) => (label === 0 ? 255 : label - 1));
}

function compareScores(confusion: PixelConfusion, result: Result): Comparison[] {
  const ours = confusion.scores();
  const list = (
    what: string,
    of: (scores: ClassScores) => number | null,
    theirs: readonly (number | null)[],
    tolerance: number,
  ) =>
    ours.classes.map((scores, i) => {
      // A share that is 0 / 0 is null on both sides, or differs.
      const [own, published] = [of(scores), at(theirs, i)].map((share) => share ?? -1);
      const name = `${result.what}: ${what} ${i}`;
      return compareNumbers(name, own ?? Number.NaN, published ?? Number.NaN, tolerance);
    });
  const union = ({ predicted, labelled, intersection }: ClassScores) =>
    predicted + labelled - intersection;
  const one = (what: string, own: number, theirs: number) =>
    compareNumbers(`${result.what}: ${what}`, own, theirs, 1e-12);
  return [
    ...list('intersection', ({ intersection }) => intersection, result.intersection, 0),
    ...list('union', union, result.union, 0),
    ...list('predicted', ({ predicted }) => predicted, result.predicted_pixels, 0),
    ...list('labelled', ({ labelled }) => labelled, result.labelled_pixels, 0),
    ...list('IoU', ({ iou }) => iou, result.iou_per_class, 1e-12),
    ...list('accuracy', ({ accuracy }) => accuracy, result.accuracy_per_class, 1e-12),
    ...list('Dice', ({ dice }) => dice, result.dice_per_class, 1e-12),
    one('aAcc', ours.pixelAccuracy, result.aAcc),
    one('mIoU', ours.meanIou, result.mIoU),
    one('mAcc', ours.meanAccuracy, result.mAcc),
    one('mDice', ours.meanDice, result.mDice),
  ];
}
