import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the scores in the last line of a run, with the AP of each class after fine-tuning. */
export function scores({ summary }, directory) {
  const { loss, best, elapsedSeconds } = summary;
  if (!best) return { loss, elapsedSeconds };
  const { boxes, masks, classes } = JSON.parse(readFileSync(join(directory, 'results.json')));
  const { boxAp, boxAp50, maskAp } = best;
  const ap = Object.fromEntries(classes.map(({ name, boxes: own }) => [name, own.ap]));
  return { loss, boxAp, boxAp50, maskAp, boxes, masks, ap, elapsedSeconds };
}
