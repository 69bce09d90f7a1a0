import { at } from '../../../at.js';
import type { PixelScores } from './pixel-confusion.js';

/** Lines of a table of classes: IoU, accuracy and share of the labelled pixels. */
export function describeClasses(
  classes: readonly { readonly name: string }[],
  { classes: scores, pixels }: PixelScores,
): string[] {
  const width = Math.max(5, ...classes.map(({ name }) => name.length));
  const percent = (share: number | null) =>
    (share === null ? '-' : `${(100 * share).toFixed(2)} %`).padStart(9);
  const rows = classes.map(({ name }, i) => {
    const { iou, accuracy, labelled } = at(scores, i);
    const share = labelled / Math.max(pixels, 1);
    return `${name.padEnd(width)} ${percent(iou)} ${percent(accuracy)} ${percent(share)}`;
  });
  const counted = scores.filter(({ iou }) => iou !== null).length;
  return [
    `${'class'.padEnd(width)} ${'IoU'.padStart(9)} ${'accuracy'.padStart(9)} ${'pixels'.padStart(9)}`,
    ...rows,
    `mean IoU over ${counted} of ${classes.length} classes`,
  ];
}
