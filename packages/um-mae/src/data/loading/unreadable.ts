/** Images that were left out because they cannot be read, and how many of them are too many. */
import { DataError } from '../../errors.js';

/** One image that was left out of a batch. */
export interface SkippedImage {
  readonly path: string;
  readonly reason: string;
}

const listed = 10;

/** Counts the images of one epoch that were left out, and stops the run when they are too many. */
export class UnreadableBudget {
  readonly skipped: SkippedImage[] = [];

  /** `maxUnreadable` is the share of the epoch's `images` that may be unreadable. */
  constructor(
    readonly images: number,
    readonly maxUnreadable = 0.01,
  ) {}

  /** Throws a `DataError` that lists the first ten once the share is exceeded. */
  add(skipped: readonly SkippedImage[]): void {
    this.skipped.push(...skipped);
    if (this.skipped.length <= this.maxUnreadable * this.images) return;

    const first = this.skipped.slice(0, listed).map(({ path, reason }) => `  ${path}: ${reason}`);
    const percent = Number((this.maxUnreadable * 100).toPrecision(3));
    throw new DataError(
      `Expected at most ${percent} % of ${this.images} images to be unreadable but got ${this.skipped.length}:\n` +
        `${first.join('\n')}\n` +
        'Repair or remove them, or raise the limit with --max-unreadable.',
    );
  }
}
