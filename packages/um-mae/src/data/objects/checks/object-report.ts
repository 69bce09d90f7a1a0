/** Counts and sizes of the objects of a set: what a person wants to know before training. */
import type { Remark } from '../../sources/remarks.js';
import type { Annotations } from '../annotations.js';
import type { ObjectsOfImage } from '../known-objects.js';
import { withSharedClasses } from '../shared-classes.js';
import { findStuffMaps } from '../stuff-maps.js';
import { checkObjects } from './check-objects.js';

/** Numbers of objects by their areas, as COCO divides them. */
export interface ObjectAreas {
  /** Below 32 x 32 pixels. */
  readonly small: number;
  /** Up to 96 x 96 pixels. */
  readonly medium: number;
  readonly large: number;
}

/** Lengths in pixels: 5 and 95 % of the sides are shorter than the first and the last. */
export interface ObjectSides {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** A part of a set. */
export interface PartReport {
  readonly part: string | undefined;
  readonly title: string;
  readonly images: number;
  /** Images in which nothing is. */
  readonly empty: number;
  readonly objects: number;
  readonly outlines: number;
  readonly crowds: number;
  /** Images with a map of stuff; undefined where there is no folder of them. */
  readonly stuffMaps: number | undefined;
  /** The most objects of one image. */
  readonly most: number;
  readonly areas: ObjectAreas;
  /** Null where there is no object. */
  readonly sides: ObjectSides | null;
  /** Objects of each class. */
  readonly counts: readonly number[];
  /** Things that were left out, or look odd. */
  readonly remarks: readonly Remark[];
}

/** All parts of a set, by one list of classes. */
export interface ObjectReport {
  readonly classes: readonly string[];
  readonly parts: readonly PartReport[];
}

/** @throws DataError when boxes are shares of the image where pixels are expected */
export function reportObjects(sets: readonly Annotations[]): ObjectReport {
  const parts = withSharedClasses(sets);
  const classes = parts[0]?.classes ?? [];
  const labels = classes.map((_, label) => label);
  return { classes, parts: parts.map((part) => reportPart(part, checkObjects(part, labels))) };
}

function reportPart(annotations: Annotations, images: readonly ObjectsOfImage[]): PartReport {
  const { part, title, classes, remarks } = annotations;
  const objects = images.flatMap((image) => image.objects);
  const areas = objects.map(({ area }) => area);
  const small = areas.filter((area) => area < 32 ** 2).length;
  const large = areas.filter((area) => area > 96 ** 2).length;
  return {
    part,
    title,
    images: images.length,
    empty: images.filter((image) => image.objects.length === 0).length,
    objects: objects.length,
    outlines: objects.filter(({ outline }) => outline).length,
    crowds: objects.filter(({ isCrowd }) => isCrowd).length,
    stuffMaps: findStuffMaps(annotations)?.paths.filter((path) => path !== undefined).length,
    most: images.reduce((most, image) => Math.max(most, image.objects.length), 0),
    areas: { small, medium: objects.length - small - large, large },
    sides: sidesOf(objects.flatMap(({ box: [, , width, height] }) => [width, height])),
    counts: classCounts(images, classes.length),
    remarks: remarks.list(),
  };
}

/** The number of objects of each class. */
export function classCounts(images: readonly ObjectsOfImage[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const { objects } of images) {
    for (const { label } of objects) counts[label] = (counts[label] as number) + 1;
  }
  return counts;
}

function sidesOf(lengths: readonly number[]): ObjectSides | null {
  const sorted = [...lengths].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  const [low, median, high] = [at(0.05), at(0.5), at(0.95)];
  if (low === undefined || median === undefined || high === undefined) return null;
  return { low, median, high };
}
