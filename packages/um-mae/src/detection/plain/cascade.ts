/** The stages of a cascade: each moves the regions that the next one reads. */
import { dataOf, type GraphArrays, type RunGraph, runOnRegions } from './graph-arrays.js';
import { clip, type PictureSize } from './objects.js';
import { regionsByLevel } from './regions.js';

/** Regions of a picture, and the maps that they are read from. */
interface ReadRegions {
  /** The outputs of the graph of pictures. */
  readonly outputs: GraphArrays;
  /** [regions, 4] in pixels of the input */
  readonly regions: Float32Array;
  readonly strides: readonly number[];
  /** The picture in the input, which regions are cut to. */
  readonly size: PictureSize;
}

/**
 * Boxes of the last stage, and scores by the mean logits of all stages.
 *
 * @param stages the graph of each
 * @returns boxes [regions, classes, 4], or [regions, 4] for all classes, and scores [regions,
 *   classes]
 * @throws TypeError when a graph is missing
 */
export async function cascadedBoxes(
  stages: readonly (RunGraph | undefined)[],
  { outputs, regions, strides, size }: ReadRegions,
): Promise<{ readonly boxes: Float32Array; readonly scores: Float32Array }> {
  const count = regions.length / 4;
  let told = { boxes: regions, logits: new Float32Array(0) };
  let sum = new Float32Array(0);
  for (const [k, run] of stages.entries()) {
    if (!run) throw new TypeError(`Expected a graph of stage ${k + 1} but got none.`);
    const own = k === 0 ? regions : likeliestBoxes(told, count, size);
    const { boxes, order } = regionsByLevel(own, strides);
    const found = await runOnRegions(run, outputs, boxes);
    const [moved, logits] = [dataOf(found, 'boxes'), dataOf(found, 'logits')];
    told = { boxes: inOrder(moved, order), logits: inOrder(logits, order) };
    const earlier = sum;
    sum = k === 0 ? told.logits : told.logits.map((value, i) => value + Number(earlier[i]));
  }
  return { boxes: told.boxes, scores: probabilities(sum, count, stages.length) };
}

/** Rows at the places that they are of. */
function inOrder(rows: Float32Array, order: readonly number[]): Float32Array<ArrayBuffer> {
  const width = rows.length / order.length;
  const placed = new Float32Array(rows.length);
  for (const [row, place] of order.entries()) {
    placed.set(rows.subarray(row * width, (row + 1) * width), place * width);
  }
  return placed;
}

interface Told {
  readonly boxes: Float32Array;
  readonly logits: Float32Array;
}

/** The box of each region's likeliest class, background left out, cut to the picture. */
function likeliestBoxes({ boxes, logits }: Told, count: number, size: PictureSize): Float32Array {
  const [width, boxWidth] = [logits.length / count, boxes.length / count];
  const chosen = new Float32Array(4 * count);
  for (let i = 0; i < count; i++) {
    const scores = logits.subarray(i * width, (i + 1) * width - 1);
    const label = boxWidth === 4 ? 0 : scores.indexOf(Math.max(...scores));
    const first = i * boxWidth + 4 * label;
    chosen.set(boxes.subarray(first, first + 4), 4 * i);
  }
  clip(chosen, size);
  return chosen;
}

/** Probabilities of objects by sums of logits, the last of which is background. */
function probabilities(sums: Float32Array, count: number, stages: number): Float32Array {
  const width = sums.length / count;
  const scores = new Float32Array(count * (width - 1));
  for (let i = 0; i < count; i++) {
    const logits = Array.from(sums.subarray(i * width, (i + 1) * width), (sum) => sum / stages);
    const most = Math.max(...logits);
    const parts = logits.map((logit) => Math.exp(logit - most));
    const total = parts.reduce((all, part) => all + part, 0);
    for (let k = 0; k < width - 1; k++) scores[i * (width - 1) + k] = Number(parts[k]) / total;
  }
  return scores;
}
