/**
 * Maps of the class of every pixel, things and stuff, beside annotated images: grey PNGs in a
 * folder `stuffthingmaps`, as COCO-Stuff has them (Caesar et al. 2018, arXiv:1612.03716).
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { at } from '../../at.js';
import { DataError } from '../../errors.js';
import { ignoredClass } from '../../images/masks/class-map.js';
import type { PixelClasses } from '../segmentation/classes/pixel-classes.js';
import type { ImageLocation } from '../sources/image-set.js';
import type { AnnotatedImage, Annotations } from './annotations.js';

/** The maps that were found for the images of a part. */
export interface StuffMaps {
  readonly folder: string;
  /** The map of each image; undefined where there is none. */
  readonly paths: readonly (string | undefined)[];
}

/** The maps that a job asks for. */
export interface WantedStuff {
  /** Classes of pixels: values of the maps are less, or `unlabelled`. */
  readonly classes: number;
  /** Undefined for the folder beside the annotations. */
  readonly folder: string | undefined;
}

const usualFolder = 'stuffthingmaps';

/** The value of pixels without a class. */
const unlabelled = 255;

/**
 * Looks for the maps of a part: `stuffthingmaps/train/12.png` is that of `train/12.jpg`.
 *
 * @param given the folder of the maps. Default: `stuffthingmaps` beside the annotations
 * @returns undefined where there is no such folder
 */
export function findStuffMaps(
  { path, images, part }: Annotations,
  given?: string,
): StuffMaps | undefined {
  const folder = given === undefined ? folderBeside(path) : resolve(given);
  if (folder === undefined || !existsSync(folder)) return undefined;
  const listed = new Map<string, ReadonlySet<string>>();
  const has = (place: string, name: string) => {
    const found = listed.get(place) ?? new Set(existsSync(place) ? readdirSync(place) : []);
    listed.set(place, found);
    return found.has(name);
  };
  const paths = images.map((image) => {
    const { name, parent } = namesOf(image);
    const places = [...(parent === undefined ? [] : [parent]), ...(part ? [part] : []), ''];
    const place = places.map((own) => join(folder, own)).find((own) => has(own, name));
    return place === undefined ? undefined : join(place, name);
  });
  return { folder, paths };
}

/** The folder of a set whose folder, annotations or a file of these a user has named. */
function folderBeside(path: string): string | undefined {
  const place = resolve(path);
  return [place, dirname(place), dirname(dirname(place))]
    .map((root) => join(root, usualFolder))
    .find((folder) => existsSync(folder));
}

/** The name of an image's map, and of the folder that the image lies in. */
function namesOf({ location, name }: AnnotatedImage): { name: string; parent?: string } {
  const path = location.kind === 'file' ? location.path : name;
  const stem = basename(path, extname(path));
  return { name: `${stem}.png`, parent: basename(dirname(path)) };
}

/**
 * The maps of all images, for whoever decodes them.
 *
 * @throws DataError when one is missing
 */
export function openStuffMaps(
  annotations: Annotations,
  { classes, folder }: WantedStuff,
): PixelClasses {
  const found = findStuffMaps(annotations, folder);
  if (!found) throw noFolder(annotations.path, folder);
  const locations = found.paths.map((path): ImageLocation => {
    if (path !== undefined) return { kind: 'file', path };
    throw withoutMaps(annotations, found);
  });
  const values = Array.from({ length: classes }, (_, value) => [value, value] as const);
  return {
    locate: (index) => at(locations, index),
    table: new Map([[unlabelled, ignoredClass], ...values]),
    upright: true,
  };
}

const advice =
  'Name their folder by --set data.stuff=FOLDER, or learn without a semantic branch: --set head.stuff=null.';

function noFolder(path: string, folder: string | undefined): DataError {
  const wanted = folder ?? `${usualFolder} beside ${path}`;
  return new DataError(
    `Expected maps of stuff for \`head.stuff\` in ${wanted} but got no such folder.\n${advice}`,
  );
}

function withoutMaps({ images }: Annotations, { folder, paths }: StuffMaps): DataError {
  const missing = images.filter((_, i) => paths[i] === undefined);
  const names = missing.slice(0, 3).map(({ name }) => name);
  return new DataError(
    `Expected a map of stuff for every image in ${folder} but got none for ${missing.length} of ${images.length}: ${names.join(', ')}.\n${advice}`,
  );
}
