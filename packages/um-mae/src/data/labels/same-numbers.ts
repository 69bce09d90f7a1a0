/** Two sources of one job that have numbers for classes: whether these are the same. */
import { DataError } from '../../errors.js';
import { folderOf, type LabelledSource } from './match-classes.js';

/**
 * Checks numbers by the folders that images lie in, where each folder has one number: the same
 * folder cannot be two classes.
 *
 * @throws DataError when a folder has another number on the other side
 */
export function checkSameNumbers(train: LabelledSource, val: LabelledSource): void {
  if (train.classes.length > 0 || val.classes.length > 0) return;
  const [known, other] = [numbersByFolder(train), numbersByFolder(val)];
  if (known.size < 2 || other.size < 2) return;
  for (const [folder, number] of known) {
    const second = other.get(folder);
    if (second === undefined || second === number) continue;
    throw new DataError(
      `Expected numbers of one meaning in ${train.path} and ${val.path} but got \`${folder}\` as ${number} in the first, and as ${second} in the second.\n` +
        'Write names instead of numbers, or number both alike.',
    );
  }
}

/**
 * The number of each folder; none where one folder has several numbers, or one number several
 * folders.
 */
function numbersByFolder(source: LabelledSource): Map<string, number> {
  const { images, labelOf } = source;
  const numbers = new Map<string, number>();
  for (let index = 0; index < images.count; index++) {
    const folder = folderOf(images.locate(index));
    const number = labelOf(index) ?? -1;
    if (folder === '' || (numbers.get(folder) ?? number) !== number) return new Map();
    numbers.set(folder, number);
  }
  const isOneToOne = new Set(numbers.values()).size === numbers.size;
  return isOneToOne ? numbers : new Map();
}
