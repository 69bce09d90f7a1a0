/** Images with classes, in two parts, as flags tell them. */
import { join } from 'node:path';

export interface LabelledFlags {
  /** Holds both parts. */
  readonly data?: string;
  readonly train?: string;
  readonly val?: string;
}

/** What is learnt from and what is measured on; undefined where nothing was said. */
export function partsOf({ data, train, val }: LabelledFlags) {
  return { train: train ?? (data && join(data, 'train')), val: val ?? (data && join(data, 'val')) };
}

/** What a command says that needs both parts. */
export const partsMissing = 'error: expected --data FOLDER, or --train and --val, but got neither';
