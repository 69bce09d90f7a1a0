/** `results.json` of detection and instances: what the best weights of a run find and miss. */
import { z } from 'zod';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const number = z.number();
/** The number of a class. */
const label = z.int().min(0);

/** Left, top, width and height in pixels of the whole image. */
const box = z.tuple([number, number, number, number]).readonly();

/** A mask in COCO's compressed form; missing where there is none. */
const mask = z.object({ size: z.tuple([count, count]).readonly(), counts: z.string() }).optional();

const scores = z.object({
  /** COCO's average precision, and that at one overlap; null where no object is expected. */
  ap: share.nullable(),
  ap50: share.nullable(),
  ap75: share.nullable(),
  /** The largest recall of 100 objects of an image. */
  recall: share.nullable(),
});

const detectedClass = z.object({
  name: z.string(),
  /** Objects that are there, crowds not counted. */
  objects: count,
  boxes: scores,
  /** Missing where the network tells boxes only. */
  masks: scores.optional(),
});

const curve = z.object({
  label,
  by: z.enum(['box', 'mask']),
  /** The overlap from which on an object is found. */
  overlap: share,
  /** Precision at recalls 0, 0.01 ... 1. */
  precision: z.array(share).readonly(),
});

/** `ignored`: of a crowd. */
const verdict = z.enum(['right', 'wrong-class', 'false', 'ignored']);

const comparedImage = z.object({
  path: z.string(),
  /** The size that boxes and masks are written by. */
  width: count,
  height: count,
  /** A JPEG in base64, made small. */
  picture: z.base64(),
  /** The objects that are there; missed ones were found by nothing of their class. */
  objects: z
    .array(z.object({ label, box, mask, isCrowd: z.boolean(), isMissed: z.boolean() }))
    .readonly(),
  /** All that was found, the best first; verdicts are those at `leastScore`. */
  found: z
    .array(z.object({ label, box, mask, score: number, verdict: verdict.nullable() }))
    .readonly(),
});

export const detectionResults = z.object({
  /** Layout of this file. */
  version: z.literal(1),
  /** The step of the evaluation, as in its line of `metrics.jsonl`. */
  step: count,
  epoch: number,
  /** The twelve numbers of COCO by their names; null where no object is of a size. */
  boxes: z.record(z.string(), share.nullable()),
  masks: z.record(z.string(), share.nullable()).optional(),
  /** Classes in the order of their numbers. */
  classes: z.array(detectedClass).readonly(),
  curves: z.array(curve).readonly(),
  /**
   * The score from which on objects count in `confusion` and in verdicts: the one of most right
   * ones among few wrong ones (F1) at an overlap of 0.5.
   */
  leastScore: number,
  /**
   * Objects at an overlap of 0.5, [classes + 1, classes + 1]: rows are the true classes, and last
   * the background; columns are those that were found, and last nothing. Empty of more than 1,000
   * classes.
   */
  confusion: z.array(z.array(count).readonly()).readonly(),
  /** The images of most mistakes for their objects, the worst first. */
  worst: z.array(comparedImage).readonly(),
});

export type DetectionResults = z.output<typeof detectionResults>;
