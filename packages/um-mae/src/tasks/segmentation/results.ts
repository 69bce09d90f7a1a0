/** `results.json` of segmentation: what the best weights of a run get right and wrong. */
import { z } from 'zod';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const level = z.int().min(0).max(255);
const png = z.base64();

const segmentedClass = z.object({
  name: z.string(),
  /** Red, green and blue of the class in the pictures. */
  colour: z.tuple([level, level, level]).readonly(),
  /** Pixels of the label. */
  labelled: count,
  /** Scores; null for a class of which there are no pixels to compute them from. */
  iou: share.nullable(),
  accuracy: share.nullable(),
  dice: share.nullable(),
});

const worstImage = z.object({
  path: z.string(),
  /** Share of the labelled pixels that are predicted right. */
  pixelAccuracy: share,
  /** PNGs in base64, made small: the image, its label, and the prediction, in classes' colours. */
  picture: png,
  label: png,
  prediction: png,
});

export const segmentationResults = z.object({
  /** Layout of this file. */
  version: z.literal(1),
  /** The step of the evaluation, as in its line of `metrics.jsonl`. */
  step: count,
  epoch: z.number(),
  meanIou: share,
  pixelAccuracy: share,
  meanDice: share,
  /** Classes in the order of their numbers. */
  classes: z.array(segmentedClass).readonly(),
  /** The images of the least share of right pixels, the worst first. */
  worst: z.array(worstImage).readonly(),
});

export type SegmentationResults = z.output<typeof segmentationResults>;
