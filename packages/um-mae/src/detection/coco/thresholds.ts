/**
 * Numbers at equal distances, rounded as NumPy rounds them: a tie with a recall is decided by the
 * last bit.
 */
function spaced(first: number, last: number, count: number): number[] {
  const step = (last - first) / (count - 1);
  const numbers = Array.from({ length: count }, (_, i) => i * step + first);
  return [...numbers.slice(0, -1), last];
}

/** The overlaps from which on COCO counts an object as found: 0.5, 0.55 ... 0.95. */
export const cocoThresholds: readonly number[] = spaced(0.5, 0.95, 10);

/** The recalls that precision is read at: 0, 0.01 ... 1. */
export const cocoRecalls: readonly number[] = spaced(0, 1, 101);
