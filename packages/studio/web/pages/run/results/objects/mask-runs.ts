/** The runs of a mask in COCO's compressed form: groups of 5 bits, down the columns. */
import type { ObjectMask } from '../../../../../shared/protocol/detection-results.js';

/** A part of a column that is inside of an object. */
export interface MaskRun {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export function maskRuns({ size: [height], counts }: ObjectMask): MaskRun[] {
  const runs: MaskRun[] = [];
  let place = 0;
  for (const [i, length] of lengthsOf(counts).entries()) {
    const end = place + length;
    while (i % 2 === 1 && place < end) {
      const x = Math.floor(place / height);
      const last = Math.min(end, (x + 1) * height);
      runs.push({ x, y: place - x * height, height: last - place });
      place = last;
    }
    place = end;
  }
  return runs;
}

/** The lengths of runs, by turns outside and inside; from the fourth on, differences to two before. */
function lengthsOf(text: string): number[] {
  const lengths: number[] = [];
  let [value, shift] = [0, 0];
  for (const character of text) {
    const group = character.charCodeAt(0) - 48;
    value |= (group & 31) << shift;
    shift += 5;
    if ((group & 32) !== 0) continue;
    // The highest bit of the last group is the sign.
    if ((group & 16) !== 0 && shift < 32) value |= -1 << shift;
    lengths.push(lengths.length > 2 ? value + (lengths.at(-2) as number) : value);
    [value, shift] = [0, 0];
  }
  return lengths;
}
