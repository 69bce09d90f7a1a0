/** Pictures that commands write. */
import { existsSync, realpathSync } from 'node:fs';
import { DataError } from '../../errors.js';

/**
 * A picture over the image it is made from would lose the image.
 *
 * @throws DataError when `out` is one of `images`
 */
export function refuseInput(out: string, images: readonly string[]): void {
  const existing = images.filter((path) => existsSync(path)).map((path) => realpathSync(path));
  if (!existsSync(out) || !existing.includes(realpathSync(out))) return;
  throw new DataError(
    `Expected a picture to write beside the images but got ${out}, one of them.\nChoose another --out.`,
  );
}
