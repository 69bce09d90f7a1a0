/** Batches of images of one group, such as those that are wider than high, which pad little. */
import { at } from '../../at.js';
import { epochOrder } from '../../random.js';

/** The groups of images, and the size of batches. */
export interface Grouping {
  groupOf(index: number): number;
  readonly batchSize: number;
  /** Numbers that the order of the batches is drawn from. */
  readonly draws: readonly [seed: number, epoch: number];
}

/** Keeps the draw of the order of batches apart from that of images. */
const batchOrder = 0x6f726465;

/**
 * The same images, batches of one group first, in a random order of batches; then what no group has
 * enough of, so that the number of batches does not change.
 *
 * @param order a random order of all images
 */
export function groupedOrder(
  order: Uint32Array,
  { groupOf, batchSize, draws: [seed, epoch] }: Grouping,
): Uint32Array {
  const groups = new Map<number, number[]>();
  for (const index of order) {
    const group = groupOf(index);
    const members = groups.get(group);
    if (members) members.push(index);
    else groups.set(group, [index]);
  }
  const batches: number[][] = [];
  const left: number[] = [];
  for (const [, members] of [...groups].sort(([a], [b]) => a - b)) {
    const whole = members.length - (members.length % batchSize);
    for (let start = 0; start < whole; start += batchSize) {
      batches.push(members.slice(start, start + batchSize));
    }
    left.push(...members.slice(whole));
  }
  const shuffled = [...epochOrder(batches.length, seed ^ batchOrder, epoch)];
  return Uint32Array.from([...shuffled.flatMap((place) => at(batches, place)), ...left]);
}
