import { DataError } from '../errors.js';

/** A file that is no usable image; `reason` completes the sentence "it is ...". */
export class UnreadableImage extends DataError {
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`Expected a readable image but got one that is ${reason}.`, options);
  }
}

/** Gives the reason of an `UnreadableImage`; throws what is none. */
export function reasonOf(error: unknown): string {
  if (error instanceof UnreadableImage) return error.reason;
  throw error;
}
