/** `um-mae data check` on images with masks. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted } from '../../../counted.js';
import { isFolder } from '../../../data/image-files.js';
import { layoutOf } from '../../../data/segmentation/layouts/layouts.js';
import type { PairedImages } from '../../../data/segmentation/paired-images.js';
import {
  checkSegments,
  openParts,
  type SegmentsReport,
  suggestClasses,
} from '../../../data/segmentation/scan/check-segments.js';
import { DataError } from '../../../errors.js';
import { printableLine } from '../../../printable.js';
import { type MaskFlags, maskRules } from '../../flags/mask-flags.js';
import { StatusLine } from '../../output/terminal/status-line.js';

interface CheckMasksFlags extends MaskFlags {
  readonly masks?: boolean;
  readonly workers: number;
  readonly dataRoot?: string;
  readonly exclude?: readonly string[];
}

/**
 * The parts of a set of images with masks.
 *
 * @returns undefined where masks are not asked for, and `inputs` is no folder that has them
 */
export async function openMasks(
  inputs: readonly string[],
  flags: CheckMasksFlags,
): Promise<readonly PairedImages[] | undefined> {
  const [only, ...others] = inputs;
  if (only === undefined || others.length > 0) {
    if (!flags.masks) return undefined;
    throw new DataError('Expected one source of images with masks but got several.');
  }
  const options = { root: flags.dataRoot, exclude: flags.exclude };
  if (flags.masks) return openParts(only, options);
  const place = resolve(only);
  if (!existsSync(place) || !(await isFolder(place)) || !(await layoutOf(place))) return undefined;
  return openParts(only, options).catch((error) => {
    // A folder `annotations` need not hold masks.
    if (error instanceof DataError) return undefined;
    throw error;
  });
}

/** Scans all masks, and refuses what training would refuse. */
export async function checkMasks(
  sets: readonly PairedImages[],
  flags: CheckMasksFlags,
): Promise<SegmentsReport> {
  const { workers } = flags;
  const status = new StatusLine('scanned');
  const onProgress = (done: number, pairs: number) => status.show(done, pairs);
  const report = await checkSegments(sets, maskRules(flags), { workers, onProgress });
  status.clear();
  return report;
}

/** Prints a file of classes to fill in. */
export async function printSuggestion(
  sets: readonly PairedImages[],
  { workers }: CheckMasksFlags,
): Promise<void> {
  const status = new StatusLine('scanned');
  const onProgress = (done: number, pairs: number) => status.show(done, pairs);
  const lines = await suggestClasses(sets, { workers, onProgress });
  status.clear();
  for (const line of lines) console.log(line);
}

export function printMasks({ parts, classes, namedBy, ignore }: SegmentsReport): void {
  for (const { findings, sizes } of parts) {
    for (const finding of findings) console.log(printableLine(finding));
    const shown = sizes
      .slice(0, 3)
      .map(({ width, height, images }) => `${width} x ${height} (${images})`);
    const more = sizes.length > 3 ? ` and ${sizes.length - 3} other sizes` : '';
    console.log(`  sizes: ${shown.join(', ')}${more}`);
  }
  console.log('');
  console.log(
    printableLine(
      `${counted(classes.length, 'class', 'classes')}, named by ${namedBy}, in % of labelled pixels`,
    ),
  );
  const width = Math.max(...classes.map(({ name }) => name.length), 'ignored of all'.length);
  const cells = (name: string, values: string, shares: readonly string[]) =>
    printableLine(
      `${name.padEnd(width)}  ${values.padEnd(12)}${shares.map((text) => text.padStart(9)).join('')}`,
    );
  console.log(
    cells(
      '',
      'in masks',
      parts.map(({ name }) => name),
    ),
  );
  const percent = (share: number) => (share === 0 ? '-' : (100 * share).toFixed(2));
  for (const { name, masks, shares } of classes) {
    console.log(cells(name, masks.join(' '), shares.map(percent)));
  }
  console.log(
    cells(
      'ignored of all',
      ignore.join(' '),
      parts.map((part) => percent(part.ignoredShare)),
    ),
  );
  console.log('');
}
