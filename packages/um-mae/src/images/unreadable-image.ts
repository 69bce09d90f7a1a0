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
