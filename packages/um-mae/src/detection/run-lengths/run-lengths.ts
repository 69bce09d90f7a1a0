/**
 * Run-length codes of binary masks as COCO's tools have them. Runs go down the columns, and begin
 * with pixels that are outside.
 */

/** A mask of one object. */
export interface RunLengths {
  readonly height: number;
  readonly width: number;
  /** Lengths of runs of pixels, by turns outside and inside; the first may be 0. */
  readonly counts: Uint32Array;
}

/** A box as COCO writes it: left, top, width and height in pixels. */
export type CocoBox = readonly [left: number, top: number, width: number, height: number];

/** The size of a picture in pixels. */
export interface MaskSize {
  readonly height: number;
  readonly width: number;
}

/** @param pixels [height * width] in rows, 0 = outside */
export function encodeMask(pixels: Uint8Array, { height, width }: MaskSize): RunLengths {
  const counts: number[] = [];
  let [inside, length] = [false, 0];
  for (let x = 0; x < width; x++) {
    for (let y = 0, at = x; y < height; y++, at += width) {
      if ((pixels[at] !== 0) === inside) length++;
      else {
        counts.push(length);
        inside = !inside;
        length = 1;
      }
    }
  }
  counts.push(length);
  return { height, width, counts: Uint32Array.from(counts) };
}

/** @returns [height * width] in rows, 1 = inside */
export function decodeMask({ height, width, counts }: RunLengths): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(height * width);
  let place = 0;
  for (const [i, count] of counts.entries()) {
    const end = place + count;
    if (i % 2 === 0) place = end;
    while (place < end) {
      // One column at a time: inside of it, a step down is a row.
      const x = Math.floor(place / height);
      const last = Math.min(end, (x + 1) * height);
      for (let y = place - x * height; place < last; place++, y++) pixels[y * width + x] = 1;
    }
  }
  return pixels;
}

/** The number of pixels inside. */
export function maskArea({ counts }: RunLengths): number {
  let area = 0;
  for (let i = 1; i < counts.length; i += 2) area += counts[i] as number;
  return area;
}

/** The smallest box around the pixels inside; without width and height where there are none. */
export function maskBox({ height, counts }: RunLengths): CocoBox {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1, -1];
  let place = 0;
  for (let i = 0; i + 1 < counts.length; i += 2) {
    const begin = place + (counts[i] as number);
    place = begin + (counts[i + 1] as number);
    if (place === begin) continue;
    const [first, last] = [Math.floor(begin / height), Math.floor((place - 1) / height)];
    left = Math.min(left, first);
    right = Math.max(right, last);
    // A run into the next column reaches the lowest row of one and the highest of the other.
    top = first < last ? 0 : Math.min(top, begin % height);
    bottom = first < last ? height - 1 : Math.max(bottom, (place - 1) % height);
  }
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1];
}

/** The pixels that are inside of one of two masks, or of both. @param masks of one size */
export function joinMasks(a: RunLengths, b: RunLengths, by: 'union' | 'intersection'): RunLengths {
  const counts: number[] = [];
  let [inside, length] = [false, 0];
  forEachRun(a, b, (run, inA, inB) => {
    if (inside === (by === 'union' ? inA || inB : inA && inB)) length += run;
    else {
      counts.push(length);
      inside = !inside;
      length = run;
    }
  });
  counts.push(length);
  return { height: a.height, width: a.width, counts: Uint32Array.from(counts) };
}

/** The number of pixels inside of both masks. */
export function sharedArea(a: RunLengths, b: RunLengths): number {
  let shared = 0;
  forEachRun(a, b, (run, inA, inB) => {
    if (inA && inB) shared += run;
  });
  return shared;
}

/** Calls `visit` with the lengths of the runs in which neither mask changes, none of them 0. */
function forEachRun(
  { counts: a }: RunLengths,
  { counts: b }: RunLengths,
  visit: (run: number, inA: boolean, inB: boolean) => void,
): void {
  let [i, j] = [0, 0];
  let [leftOfA, leftOfB] = [a[0] ?? Number.NaN, b[0] ?? Number.NaN];
  while (i < a.length && j < b.length) {
    const run = Math.min(leftOfA, leftOfB);
    if (run > 0) visit(run, i % 2 === 1, j % 2 === 1);
    leftOfA -= run;
    leftOfB -= run;
    if (leftOfA === 0) leftOfA = a[++i] ?? Number.NaN;
    if (leftOfB === 0) leftOfB = b[++j] ?? Number.NaN;
  }
}
