/** Access to lists whose lengths our own code vouches for. */
import { ok as assert } from 'node:assert';

/** An array, or a typed one. */
interface ReadonlyList<Item> {
  readonly length: number;
  at(index: number): Item | undefined;
}

/**
 * The item at an index, counted from the end where it is negative.
 *
 * @throws AssertionError when the list has no such item, which is a mistake of the caller
 */
export function at<Item>(list: ReadonlyList<Item>, index: number): Item {
  const item = list.at(index);
  assert(item !== undefined, `Expected an item at ${index} of a list of ${list.length}.`);
  return item;
}
