/** Lines for people on what was recognised in images and masks, and on what looks odd. */
import { basename } from 'node:path';
import { at } from '../../../at.js';
import { counted } from '../../../counted.js';
import { nameOf } from '../../sources/image-set.js';
import type { ClassRules } from '../classes/class-rules.js';
import type { PairedImages } from '../paired-images.js';
import { listed } from '../pairs.js';
import type { PixelCounts } from './count-pixels.js';
import { readablePairs, type ScannedSet } from './value-tally.js';

/** Sets of which findings are told. */
export interface DescribedSets {
  readonly train: ScannedSet;
  readonly val: ScannedSet;
  readonly rules: ClassRules;
  /** The origin of the names of classes. */
  readonly source: string;
  readonly pixels: { readonly train: PixelCounts; readonly val: PixelCounts };
}

/** The layout, the classes with their shares, and whatever a person should look at. */
export function describeSets({ train, val, rules, source, pixels }: DescribedSets): string[] {
  const sets = { train: { ...train, ...pixels.train }, val: { ...val, ...pixels.val } };
  const described = Object.entries(sets).flatMap(([title, scanned]) => describeSet(title, scanned));
  const names = rules.classes.map(({ name }) => name);
  const missing = names.filter((_, number) => pixels.train.pixels[number] === 0);
  const unlearnt = missing.filter((name) => at(pixels.val.pixels, names.indexOf(name)) > 0);
  const absent = missing.filter((name) => !unlearnt.includes(name));
  return [
    ...described,
    `${counted(names.length, 'class', 'classes')}, named by ${source}: ${shares(names, pixels.train)}`,
    ...line(unlearnt, (found) => `not in train, though in val: ${found}`),
    ...line(absent, (found) => `in neither: ${found}`),
  ];
}

/** Describes one set: its layout, and whatever looks odd. */
export function describeSet(title: string, scanned: ScannedSet & PixelCounts): string[] {
  const { set } = scanned;
  const part = set.part === undefined ? '' : `, part ${set.part}`;
  const kinds = new Set(readablePairs(scanned).map(({ scan }) => maskKinds[scan.maskKind]));
  return [
    `${title}: ${counted(set.images.count, 'image')} with masks (${[...kinds].join(', ')}) in ${set.path}: ${set.title}${part}`,
    ...oddities(scanned).map((odd) => `${title}: ${odd}`),
  ];
}

const maskKinds = {
  index: 'palette',
  grey: 'grey',
  'grey-16': '16-bit',
  colour: 'RGB',
} as const;

function oddities(scanned: ScannedSet & PixelCounts): string[] {
  const { set, scans, pixels, ignoredPixels, masksAllIgnored } = scanned;
  const unreadable = scans.flatMap((scan, index) =>
    scan.kind === 'unreadable' ? [{ index, scan }] : [],
  );
  const share = ignoredPixels / (ignoredPixels + pixels.reduce((sum, count) => sum + count, 0));
  return [
    ...alone(set),
    ...line(
      unreadable.map(({ index, scan: { file, reason } }) => {
        const place = file === 'image' ? set.images.locate(index) : set.maskOf(index);
        return `${basename(nameOf(place))} is ${reason}`;
      }),
      (found, count) => `${count} unreadable: ${found}`,
    ),
    ...line(
      masksAllIgnored.map((mask) => basename(mask)),
      (found, count) => `${count} masks without any class: ${found}`,
    ),
    ...(share > 0.5 ? [`${(100 * share).toFixed(0)} % of all pixels are ignored`] : []),
  ];
}

function alone({ imagesAlone, masksAlone, missing }: PairedImages): string[] {
  const names = (paths: readonly string[]) => paths.map((path) => basename(path));
  return [
    ...line(names(imagesAlone), (found, count) => `${count} images without a mask: ${found}`),
    ...line(names(masksAlone), (found, count) => `${count} masks without an image: ${found}`),
    ...line(missing, (found, count) => `${count} names of the list without files: ${found}`),
  ];
}

function line(names: readonly string[], text: (found: string, count: number) => string): string[] {
  return names.length === 0 ? [] : [text(listed(names), names.length)];
}

/** Shares of the labelled pixels, the largest first. */
function shares(names: readonly string[], { pixels, ignoredPixels }: PixelCounts): string {
  const total = pixels.reduce((sum, count) => sum + count, 0);
  const percent = (count: number, of: number) =>
    `${((100 * count) / Math.max(of, 1)).toFixed(1)} %`;
  const sorted = names
    .map((name, number) => ({ name, count: at(pixels, number) }))
    .sort((a, b) => b.count - a.count);
  const most = 20;
  const shown = sorted.slice(0, most).map(({ name, count }) => `${name} ${percent(count, total)}`);
  const more = sorted.length > most ? [`and ${sorted.length - most} more`] : [];
  const ignored = `ignored ${percent(ignoredPixels, total + ignoredPixels)} of all pixels`;
  return [...shown, ...more, ignored].join(', ');
}
