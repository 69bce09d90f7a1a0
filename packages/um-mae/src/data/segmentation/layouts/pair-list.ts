/** Lists of images with masks: `image mask` on each line. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DataError } from '../../../errors.js';
import { wholeText } from '../../../files/whole-file.js';
import { isImageName } from '../../image-files.js';
import { listedFiles } from '../../sources/files.js';
import type { PairedImages } from '../paired-images.js';

/**
 * The pairs of a list; spaces, a tab, a comma or a semicolon divide them.
 *
 * @returns undefined where lines hold no two paths
 * @throws DataError naming the line whose file is missing
 */
export async function openPairList(
  list: string,
  root: string,
): Promise<Omit<PairedImages, 'path'> | undefined> {
  const text = wholeText(list, { as: DataError });
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const pairs = lines.flatMap((line, index) => {
    const groups = pair.exec(line.trim())?.groups;
    const { image = '', mask = '' } = groups ?? {};
    return isImageName(image) && isImageName(mask) ? [{ image, mask, line: index + 1 }] : [];
  });
  const written = lines.filter((line) => line.trim() !== '').length;
  if (pairs.length === 0) return undefined;
  // A first line may name the columns.
  if (pairs.length < written - 1 || (pairs.length < written && pairs[0]?.line === 1)) {
    const odd = lines.findIndex(
      (line, i) => line.trim() !== '' && !pairs.some(({ line: own }) => own === i + 1),
    );
    throw new DataError(
      `Expected \`image mask\`, two paths, on line ${odd + 1} of ${list} but got ${JSON.stringify((lines[odd] ?? '').slice(0, 100))}.`,
    );
  }
  const found = pairs.map(({ image, mask, line }) => {
    const paths = { image: resolve(root, image), mask: resolve(root, mask) };
    const missing = Object.entries(paths).find(([, path]) => !existsSync(path));
    if (!missing) return paths;
    throw new DataError(
      `Expected the ${missing[0]} of line ${line} of ${list} at \`${missing[1]}\` but got nothing there.\nRelative paths start at ${root}; --data-root sets another folder.`,
    );
  });
  return {
    title: 'list of images and masks',
    part: undefined,
    known: undefined,
    images: listedFiles(
      found.map(({ image }) => image),
      pairs.map(({ image }) => image),
    ),
    maskOf: (index) => ({ kind: 'file', path: found[index]?.mask ?? '' }),
    imagesAlone: [],
    masksAlone: [],
    missing: [],
    ignored: 0,
    folders: [...new Set([dirname(list), root])],
  };
}

const pair = /^"?(?<image>[^"]+\.\w+?)"?[\s,;]+"?(?<mask>[^",;]+\.\w+)"?\s*$/;
