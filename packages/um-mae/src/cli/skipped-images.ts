/** Images that were left out, told to a person. */
import { counted } from './format.js';
import { complain } from './terminal.js';

interface Skipped {
  readonly path: string;
  readonly reason: string;
}

const listed = 10;

/**
 * @param where what stands behind their number
 * @param rest where those are that are not listed here
 * @returns lines, none where nothing was left out
 */
export function describeSkipped(
  skipped: readonly Skipped[],
  { where = '', rest = '' }: { readonly where?: string; readonly rest?: string } = {},
): string[] {
  if (skipped.length === 0) return [];
  const more = skipped.length - listed;
  return [
    `Skipped ${counted(skipped.length, 'unreadable image')}${where}:`,
    ...skipped.slice(0, listed).map(({ path, reason }) => `  ${path}: ${reason}`),
    ...(more > 0 ? [`  and ${more} more${rest}`] : []),
  ];
}

/** Lists skipped images on standard error, for commands whose --json lists all. */
export function complainOfSkipped(skipped: readonly Skipped[]): void {
  if (skipped.length === 0) return;
  complain(describeSkipped(skipped, { rest: ', which --json lists' }).join('\n'));
}
