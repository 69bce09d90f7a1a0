import type { Tensor } from '@um-mae/torch';

/**
 * The four numbers of some regions that belong to a class of each; all classes may share them.
 *
 * @param values [regions, 4 * classes], or [regions, 4] for all classes
 * @param places [chosen] i64: regions
 * @param labels [chosen] i64: a class of each
 * @returns      [chosen, 4]
 */
export function classRows(values: Tensor, places: Tensor, labels: Tensor): Tensor {
  const [count, width] = values.sizes(2);
  if (width === 4) return values.indexSelect(0, places);
  return values.view([count, width / 4, 4]).index([places, labels]);
}
