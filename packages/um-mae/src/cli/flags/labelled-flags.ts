/** Images with classes, in two parts, as flags tell them. */
import { join } from 'node:path';

export interface LabelledFlags {
  /** Holds both parts. */
  readonly data?: string;
  readonly train?: string;
  readonly val?: string;
}

/**
 * Returns the paths of the training and the validation images. They are undefined if no flag names
 * them.
 */
export function partsOf({ data, train, val }: LabelledFlags) {
  return { train: train ?? (data && join(data, 'train')), val: val ?? (data && join(data, 'val')) };
}

/** The error of a command that needs both parts. */
export const partsMissing = 'error: expected --data FOLDER, or --train and --val, but got neither';
