/** Access to lists whose lengths our own code vouches for. */

/** An array, or a typed one. */
interface ReadonlyList<Item> {
  readonly length: number;
  readonly [index: number]: Item | undefined;
}

/**
 * The item at an index.
 *
 * @throws RangeError when the list has no such item, which is a mistake of the caller
 */
export function at<Item>(list: ReadonlyList<Item>, index: number): Item {
  const item = list[index];
  if (item === undefined)
    throw new RangeError(`Expected an item at ${index} of a list of ${list.length}.`);
  return item;
}
