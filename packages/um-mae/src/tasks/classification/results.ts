/** `results.json` of classification: what the best weights of a run get right and wrong. */
import { z } from 'zod';

const count = z.int().min(0);
const share = z.number().min(0).max(1);

const mistake = z.object({
  /** The path of the image. */
  path: z.string(),
  /** Numbers of classes. */
  label: count,
  predicted: count,
  /** The probabilities that the classifier gives to the two classes. */
  probabilities: z.object({ label: share, predicted: share }),
  /** The image, made small: a JPEG in base64; null where it can no longer be read. */
  picture: z.base64().nullable(),
});

export const classificationResults = z.object({
  /** Layout of this file. */
  version: z.literal(1),
  /** The step of the evaluation, as in its line of `metrics.jsonl`. */
  step: count,
  epoch: z.number(),
  /** [true class, predicted class, images], for pairs that occur. */
  confusion: z.array(z.tuple([count, count, count]).readonly()).readonly(),
  /** The worst ones, that of the least likely true class first. */
  mistakes: z.array(mistake).readonly(),
});

export type ClassificationResults = z.output<typeof classificationResults>;
