/** A report on images with masks, for people who want to train on them. */
import { at } from '../../../at.js';
import { DataError } from '../../../errors.js';
import { colourOfValue } from '../../../images/masks/mask.js';
import { nameOf } from '../../sources/image-set.js';
import { nameOfValue } from '../classes/class-table.js';
import { resolveClasses } from '../classes/resolve-classes.js';
import { openPairedImages, type PairOptions } from '../open-paired-images.js';
import type { SegmentRules } from '../open-segmented-images.js';
import type { PairedImages } from '../paired-images.js';
import { checkPairs } from './check-pairs.js';
import { countPixels, type PixelCounts } from './count-pixels.js';
import { describeSet } from './describe-sets.js';
import { type ScanOptions, scanPairs } from './scan-pairs.js';
import { holdsGreyAsColours, readablePairs, type ScannedSet, tallyValues } from './value-tally.js';

/** Findings on one part of a set. */
export interface PartReport {
  /** The name of the part; `all` where there are none. */
  readonly name: string;
  readonly images: number;
  readonly imagesWithoutMask: readonly string[];
  readonly masksWithoutImage: readonly string[];
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  /** Sizes of images, the most frequent first. */
  readonly sizes: readonly {
    readonly width: number;
    readonly height: number;
    readonly images: number;
  }[];
  /** Masks in which no pixel has a class. */
  readonly masksAllIgnored: readonly string[];
  /** Share of all pixels that are ignored. */
  readonly ignoredShare: number;
  /** Lines for people. */
  readonly findings: readonly string[];
}

/** A class and how much of each part it is. */
export interface ClassReport {
  readonly name: string;
  readonly colour: string;
  readonly masks: readonly (number | string)[];
  /** Shares of the labelled pixels, one for each part. */
  readonly shares: readonly number[];
}

/** Findings on images with masks. */
export interface SegmentsReport {
  readonly layout: string;
  /** The origin of the names of classes. */
  readonly namedBy: string;
  readonly ignore: readonly (number | string)[];
  readonly parts: readonly PartReport[];
  readonly classes: readonly ClassReport[];
}

/** The parts of a set that can be opened: those for training and validation, or all. */
export async function openParts(
  path: string,
  options: Omit<PairOptions, 'role'> = {},
): Promise<readonly PairedImages[]> {
  const found: PairedImages[] = [];
  let refused: DataError | undefined;
  for (const role of ['train', 'val'] as const) {
    try {
      const set = await openPairedImages(path, { ...options, role });
      if (!found.some(({ part }) => part === set.part)) found.push(set);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      refused ??= error;
    }
  }
  if (found.length === 0 && refused) throw refused;
  return found;
}

/**
 * Scans all images and masks of a set.
 *
 * @throws DataError of one sentence for what training would be refused for
 */
export async function checkSegments(
  sets: readonly PairedImages[],
  rules: SegmentRules,
  options: ScanOptions,
): Promise<SegmentsReport> {
  const scanned = await scanAll(sets, options);
  for (const set of scanned) checkPairs(set, rules.exif);
  const resolved = await resolveClasses(scanned, rules);
  const counted = scanned.map((set) => ({ set, ...countPixels(set, resolved) }));
  const { classes, ignore } = resolved.rules;
  return {
    layout: at(sets, 0).title,
    namedBy: resolved.source,
    ignore,
    parts: counted.map(({ set, ...counts }) => partReport(set, counts)),
    classes: classes.map((rule, number) => ({
      ...rule,
      shares: counted.map(({ pixels }) => share(at(pixels, number), pixels)),
    })),
  };
}

/**
 * A file of classes for masks whose values nothing names: `number name red,green,blue` lines, with
 * names to be replaced.
 */
export async function suggestClasses(
  sets: readonly PairedImages[],
  options: ScanOptions,
): Promise<string[]> {
  const scanned = await scanAll(sets, options);
  const isGrey = holdsGreyAsColours(scanned);
  const values = [...tallyValues(scanned, isGrey)].sort(([, a], [, b]) => b.pixels - a.pixels);
  const total = values.reduce((sum, [, { pixels }]) => sum + pixels, 0);
  return values.map(([value, { pixels }], number) => {
    const colour = colourOfValue(value);
    const levels =
      colour === undefined ? [] : [[colour >> 16, (colour >> 8) & 255, colour & 255].join(',')];
    const name = `class_${colour === undefined ? value : number}`;
    const percent = ((100 * pixels) / total).toFixed(2);
    const fields = [colour === undefined ? value : number, name, ...levels];
    return `${fields.join('\t')}  # ${nameOfValue(value)}: ${percent} % of all pixels`;
  });
}

async function scanAll(sets: readonly PairedImages[], options: ScanOptions): Promise<ScannedSet[]> {
  const scanned: ScannedSet[] = [];
  for (const set of sets) scanned.push({ set, scans: await scanPairs(set, options) });
  return scanned;
}

function partReport(scanned: ScannedSet, counts: PixelCounts): PartReport {
  const { set, scans } = scanned;
  const name = set.part ?? 'all';
  const sizes = new Map<string, number>();
  for (const { scan } of readablePairs(scanned)) {
    const size = `${scan.image.width} ${scan.image.height}`;
    sizes.set(size, (sizes.get(size) ?? 0) + 1);
  }
  return {
    name,
    images: set.images.count,
    imagesWithoutMask: set.imagesAlone,
    masksWithoutImage: set.masksAlone,
    unreadable: scans.flatMap((scan, index) => {
      if (scan.kind === 'pair') return [];
      const place = scan.file === 'image' ? set.images.locate(index) : set.maskOf(index);
      return [{ path: nameOf(place), reason: scan.reason }];
    }),
    sizes: [...sizes]
      .sort(([, a], [, b]) => b - a)
      .map(([size, images]) => {
        const [width = 0, height = 0] = size.split(' ').map(Number);
        return { width, height, images };
      }),
    masksAllIgnored: counts.masksAllIgnored,
    ignoredShare: share(counts.ignoredPixels, [...counts.pixels, counts.ignoredPixels]),
    findings: describeSet(name, { ...scanned, ...counts }),
  };
}

function share(pixels: number, all: readonly number[]): number {
  return (
    pixels /
    Math.max(
      1,
      all.reduce((sum, count) => sum + count, 0),
    )
  );
}
