/** Messages about skipped images. */
import { counted } from '../../counted.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import { DataError } from '../../errors.js';
import { printableLine } from '../../printable.js';
import { complain } from './terminal/terminal.js';

const listed = 10;

/**
 * Lists skipped images with reasons, the first ones only.
 *
 * @param where text after their number
 * @param rest text after the number of images that are not listed
 * @returns lines of text, none if nothing was skipped
 */
export function describeSkipped(
  skipped: readonly SkippedImage[],
  { where = '', rest = '' }: { readonly where?: string; readonly rest?: string } = {},
): string[] {
  if (skipped.length === 0) return [];
  const more = skipped.length - listed;
  return [
    `Skipped ${counted(skipped.length, 'unreadable image')}${where}:`,
    ...skipped.slice(0, listed).map(({ path, reason }) => printableLine(`  ${path}: ${reason}`)),
    ...(more > 0 ? [`  and ${more} more${rest}`] : []),
  ];
}

/**
 * Says which of the images that a user has named are passed over; the exit code tells it, too.
 *
 * @param named counts the images that were named
 * @throws DataError when none of them is left
 */
export function tellPassedOver(skipped: readonly SkippedImage[], named: number): void {
  const [first] = skipped;
  if (!first) return;
  if (skipped.length === named) {
    const others = named > 1 ? ', and none of the others is readable' : '';
    throw new DataError(
      `Expected a readable image at \`${first.path}\` but it is ${first.reason}${others}.`,
    );
  }
  complain(describeSkipped(skipped).join('\n'));
  process.exitCode = 2;
}

/** Lists skipped images on standard error, for commands whose --json lists all. */
export function complainOfSkipped(skipped: readonly SkippedImage[]): void {
  if (skipped.length === 0) return;
  complain(describeSkipped(skipped, { rest: ', which --json lists' }).join('\n'));
}
