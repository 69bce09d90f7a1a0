/** The numbers of an evaluation as lines for people. */
import type { DetectionResults } from '../results.js';

type Summaries = Pick<DetectionResults, 'boxes' | 'masks'>;

/** COCO's twelve numbers, of boxes and of masks, then a row for each class. */
export function describeScores(
  { boxes, masks }: Summaries,
  classes: DetectionResults['classes'],
): string[] {
  const twelve = (name: string, numbers: Summaries['boxes']) => {
    const all = Object.entries(numbers).map(([own, value]) => `${own} ${percent(value)}`);
    return `${name}: ${all.join('  ')}`;
  };
  const width = Math.max(5, ...classes.map(({ name }) => name.length));
  const columns = ['AP', 'AP50', 'AP75', 'recall'];
  const kinds = masks ? (['boxes', 'masks'] as const) : (['boxes'] as const);
  const heads = kinds.flatMap((kind) => columns.map((column) => cell(`${kind} ${column}`)));
  const rows = classes.map(({ name, objects, ...scores }) => {
    const values = kinds.flatMap((kind) => {
      const { ap = null, ap50 = null, ap75 = null, recall = null } = scores[kind] ?? {};
      return [ap, ap50, ap75, recall].map((value) => cell(percent(value)));
    });
    return `${name.padEnd(width)} ${`${objects}`.padStart(8)} ${values.join(' ')}`;
  });
  return [
    twelve('boxes', boxes),
    ...(masks ? [twelve('masks', masks)] : []),
    `${'class'.padEnd(width)} ${'objects'.padStart(8)} ${heads.join(' ')}`,
    ...rows,
  ];
}

function cell(text: string): string {
  return text.padStart(12);
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(2)} %`;
}
