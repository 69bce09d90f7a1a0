/** Groups of objects that overlap, and that therefore move together. */
import { at } from '../../../at.js';
import type { Box } from '../../../images/geometry/resize.js';
import type { Bitmap } from '../outlines/bitmap.js';

/** An object whose pixels are known. */
export interface OutlinedObject {
  readonly mask: Bitmap;
}

/** Objects that move together. */
export interface ObjectGroup<One extends OutlinedObject = OutlinedObject> {
  readonly objects: readonly One[];
  /** The smallest box around all of them. */
  readonly box: Box;
}

/** Objects whose boxes overlap are of one group, and so are those that overlap one of these. */
export function overlapGroups<One extends OutlinedObject>(
  objects: readonly One[],
): ObjectGroup<One>[] {
  const groups: One[][] = [];
  for (const object of objects) {
    const touched = groups.filter((group) => group.some(({ mask }) => overlap(mask, object.mask)));
    const [first] = touched;
    if (!first) {
      groups.push([object]);
      continue;
    }
    first.push(object);
    for (const other of touched.slice(1)) {
      first.push(...other);
      groups.splice(groups.indexOf(other), 1);
    }
  }
  return groups.map((group) => ({ objects: group, box: boxAround(group) }));
}

function overlap(a: Box, b: Box): boolean {
  const across = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const down = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return across > 0 && down > 0;
}

function boxAround(group: readonly OutlinedObject[]): Box {
  const { mask } = at(group, 0);
  let [left, top, right, bottom] = [
    mask.left,
    mask.top,
    mask.left + mask.width,
    mask.top + mask.height,
  ];
  for (const { mask: own } of group) {
    [left, top] = [Math.min(left, own.left), Math.min(top, own.top)];
    right = Math.max(right, own.left + own.width);
    bottom = Math.max(bottom, own.top + own.height);
  }
  return { left, top, width: right - left, height: bottom - top };
}
