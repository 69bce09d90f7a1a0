/**
 * Opens images whose pixels have classes: everything that can be refused is, before anything is
 * learnt.
 */
import { createHash } from 'node:crypto';
import { DataError } from '../../errors.js';
import type { Size } from '../../images/geometry/resize.js';
import type { ImageSet } from '../sources/image-set.js';
import type { Remark } from '../sources/remarks.js';
import {
  type ClassRule,
  type PixelClass,
  type PixelValue,
  pixelClassesOf,
  storedValue,
} from './classes/class-rules.js';
import { matchRules } from './classes/match-rules.js';
import type { PixelClasses } from './classes/pixel-classes.js';
import {
  type ResolvedClasses,
  resolveClasses,
  type WrittenRules,
} from './classes/resolve-classes.js';
import { openPairedImages, type PairOptions } from './open-paired-images.js';
import type { PairedImages } from './paired-images.js';
import { checkPairs, type ExifRule, sizeOf } from './scan/check-pairs.js';
import { countPixels } from './scan/count-pixels.js';
import { describeSets } from './scan/describe-sets.js';
import { type ScanOptions, scanPairs } from './scan/scan-pairs.js';
import { readablePairs, type ScannedSet } from './scan/value-tally.js';

/** Images, the classes of their pixels, and what the scan of all masks has found. */
export interface SegmentedSet {
  readonly images: ImageSet;
  readonly pixelClasses: PixelClasses;
  /** Room for the largest image. */
  readonly largest: Size;
  /** The size of an image; undefined where it cannot be read. */
  sizes(index: number): Size | undefined;
  /** Labelled pixels of each class in the whole set. */
  readonly pixels: readonly number[];
  readonly ignoredPixels: number;
  /** The fingerprint of images, masks and the meaning of their values. */
  readonly digest: string;
  /** Files that were passed over, because their extension is not that of an image. */
  readonly ignored: number;
}

/** Images to learn from and to evaluate on. */
export interface TrainingSegments {
  readonly train: SegmentedSet;
  readonly val: SegmentedSet;
  readonly classes: readonly PixelClass[];
  /** The rules that decode these masks, complete, for the recipe. */
  readonly rules: readonly ClassRule[];
  readonly ignore: readonly PixelValue[];
  /** Lines for people on what was recognised, and on what looks odd. */
  readonly findings: readonly string[];
}

/** Paths of images with masks; one path for both, where it holds a part for each. */
export interface SegmentPaths {
  readonly train: string;
  readonly val: string;
  readonly root?: string | null | undefined;
  /** Patterns of files and folders to leave out. Default: none. */
  readonly exclude?: readonly string[] | undefined;
}

/** The part of a recipe that is about masks. */
export interface SegmentRules extends WrittenRules {
  readonly exif: ExifRule;
}

/**
 * Recognises both sets, and looks at all of their masks.
 *
 * @throws DataError of one sentence for whatever would spoil training
 */
export async function openTrainingSegments(
  paths: SegmentPaths,
  rules: SegmentRules,
  options: ScanOptions,
): Promise<TrainingSegments> {
  const { root, exclude } = paths;
  const train = await scan(
    await openPairedImages(paths.train, { role: 'train', root, exclude }),
    options,
  );
  const found = await openPairedImages(paths.val, { role: 'val', root, exclude });
  checkOtherPart(train.set, found, paths);
  const val = await scan(found, options);
  for (const scanned of [train, val]) checkPairs(scanned, rules.exif);
  const resolved = await resolveClasses([train, val], rules);
  const sets = {
    train: segmentedSet(train, resolved, rules.exif),
    val: segmentedSet(val, resolved, rules.exif),
  };
  const counts = { train: countPixels(train, resolved), val: countPixels(val, resolved) };
  checkLabelled(train.set, sets.train);
  const { classes, ignore } = resolved.rules;
  const findings = describeSets({ train, val, ...resolved, pixels: counts });
  return { ...sets, classes: pixelClassesOf(classes), rules: classes, ignore, findings };
}

/**
 * Opens one set, by rules that are complete. Classes that it names itself are matched by name.
 *
 * @param role the part that is taken where the path has several. Default `val`
 * @throws DataError as above
 */
export async function openSegmentedImages(
  { path, role = 'val', root, exclude }: Partial<PairOptions> & { readonly path: string },
  rules: SegmentRules,
  options: ScanOptions,
): Promise<SegmentedSet & { readonly remarks: readonly Remark[] }> {
  const scanned = await scan(await openPairedImages(path, { role, root, exclude }), options);
  checkPairs(scanned, rules.exif);
  const { rules: own, remarks } = matchRules(scanned, rules);
  const resolved = await resolveClasses([scanned], own, { isTrained: true });
  return { ...segmentedSet(scanned, resolved, rules.exif), remarks };
}

async function scan(set: PairedImages, options: ScanOptions): Promise<ScannedSet> {
  return { set, scans: await scanPairs(set, options) };
}

/** One part cannot be both. */
function checkOtherPart(train: PairedImages, val: PairedImages, paths: SegmentPaths): void {
  if (paths.train !== paths.val || train.part !== val.part) return;
  const found =
    train.part === undefined ? 'images and masks without parts' : `only \`${train.part}\``;
  throw new DataError(
    `Expected a part for training and one for validation in ${paths.train} but got ${found}.\n` +
      'Make folders train/ and val/ in both, or name two sets by --train and --val.',
  );
}

function checkLabelled({ path }: PairedImages, { pixels }: SegmentedSet): void {
  if (pixels.some((count) => count > 0)) return;
  throw new DataError(
    `Expected pixels with a class in the masks of ${path} but got ignored ones only.`,
  );
}

function segmentedSet(
  scanned: ScannedSet,
  resolved: ResolvedClasses,
  exif: ExifRule,
): SegmentedSet {
  const { set, scans } = scanned;
  const { pixels, ignoredPixels } = countPixels(scanned, resolved);
  const { rules, table } = resolved;
  const digest = createHash('sha256').update(set.images.digest).update(exif);
  for (const { name, masks } of rules.classes) {
    digest.update(`\0${name}\0${masks.map(storedValue).join(' ')}`);
  }
  digest.update(`\0\0${rules.ignore.map(storedValue).join(' ')}`);
  return {
    images: set.images,
    pixelClasses: { locate: (index) => set.maskOf(index), table, upright: exif === 'upright' },
    largest: largestOf(scanned, exif),
    sizes: (index) => {
      const scan = scans[index];
      return scan?.kind === 'pair' ? sizeOf(scan, exif) : undefined;
    },
    pixels,
    ignoredPixels,
    digest: digest.digest('hex'),
    ignored: set.ignored,
  };
}

function largestOf(scanned: ScannedSet, exif: ExifRule): Size {
  let [width, height] = [1, 1];
  for (const { scan } of readablePairs(scanned)) {
    const size = sizeOf(scan, exif);
    width = Math.max(width, size.width);
    height = Math.max(height, size.height);
  }
  return { width, height };
}
