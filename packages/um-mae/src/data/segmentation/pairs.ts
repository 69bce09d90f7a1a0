/** Images and masks of one name, wherever their extensions and suffixes differ. */
import { basename, extname, relative } from 'node:path';
import { excluding } from '../exclude.js';
import { FolderWalk, isImageName } from '../image-files.js';

/** Files below a folder, whose names end in something that is no part of what they are called. */
export interface NamedFiles {
  readonly folder: string;
  /** Endings to take off, before the extension; the one that fits most pairs is taken. */
  readonly endings: readonly string[];
}

/** Paths of images with their masks, and what has no partner. */
export interface Pairs {
  /** Names without extension, sorted; the same places as in `images` and `masks`. */
  readonly names: readonly string[];
  readonly images: readonly string[];
  readonly masks: readonly string[];
  readonly imagesAlone: readonly string[];
  readonly masksAlone: readonly string[];
  /** Chosen names that no file has. */
  readonly missing: readonly string[];
  /** Files that are no images. */
  readonly ignored: number;
}

/** Files that are paired: all that are not left out. */
export interface PairChoice {
  /** The folder that patterns of `exclude` start from. */
  readonly root: string;
  /** Patterns of files and folders to leave out. */
  readonly exclude: readonly string[];
  /** Names to take, those of a list; undefined: all. */
  readonly chosen: ReadonlySet<string> | undefined;
}

/** Pairs the files of two folders, which may be one. */
export async function pairFiles(
  images: NamedFiles,
  masks: NamedFiles,
  choice: PairChoice,
): Promise<Pairs> {
  const { chosen } = choice;
  const seen = await pathsBelow(images.folder, choice);
  const labelled = images.folder === masks.folder ? seen : await pathsBelow(masks.folder, choice);
  const isOneFolder = images.folder === masks.folder;
  const { images: byName, masks: maskByName } = bestMatch(
    { ...seen, ...images },
    { ...labelled, ...masks },
    { isOneFolder },
  );
  const isChosen = (name: string) => !chosen || chosen.has(name) || chosen.has(basename(name));
  const names = [...byName.keys()].filter((name) => maskByName.has(name) && isChosen(name)).sort();
  const alone = (own: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>) =>
    [...own]
      .filter(([name]) => isChosen(name) && !others.has(name))
      .map(([, path]) => path)
      .sort();
  const found = [...byName.keys(), ...maskByName.keys()];
  const called = new Set(found.flatMap((name) => [name, basename(name)]));
  return {
    names,
    images: names.map((name) => byName.get(name) as string),
    masks: names.map((name) => maskByName.get(name) as string),
    imagesAlone: alone(byName, maskByName),
    masksAlone: alone(maskByName, byName),
    missing: [...(chosen ?? [])].filter((name) => !called.has(name)),
    ignored: seen.ignored,
  };
}

interface Paths {
  readonly paths: readonly string[];
  readonly ignored: number;
}

async function pathsBelow(folder: string, { root, exclude }: PairChoice): Promise<Paths> {
  const paths: string[] = [];
  let ignored = 0;
  for await (const path of new FolderWalk(excluding(exclude)).filesBelow(folder, root)) {
    if (isImageName(path)) paths.push(path);
    else ignored++;
  }
  return { paths, ignored };
}

interface Match {
  readonly images: ReadonlyMap<string, string>;
  readonly masks: ReadonlyMap<string, string>;
  /** Names of both. */
  readonly shared: number;
}

/** The match of most pairs, over all endings; the first that leaves none alone. */
function bestMatch(
  seen: Paths & NamedFiles,
  labelled: Paths & NamedFiles,
  options: { readonly isOneFolder: boolean },
): Match {
  let best: Match = { images: new Map(), masks: new Map(), shared: -1 };
  for (const imageEnding of seen.endings) {
    for (const maskEnding of labelled.endings) {
      const match = matchBy(
        { ...seen, ending: imageEnding },
        { ...labelled, ending: maskEnding },
        options,
      );
      if (match.shared > best.shared) best = match;
      if (match.shared === seen.paths.length) return match;
    }
  }
  return best;
}

interface Ending {
  readonly paths: readonly string[];
  readonly folder: string;
  readonly ending: string;
}

/** In one folder, what ends like a mask is no image. */
function matchBy(
  seen: Ending,
  labelled: Ending,
  { isOneFolder }: { readonly isOneFolder: boolean },
): Match {
  const masks = byStem(labelled);
  const taken = new Set(isOneFolder ? masks.values() : []);
  const images = byStem({ ...seen, paths: seen.paths.filter((path) => !taken.has(path)) });
  let shared = 0;
  for (const name of images.keys()) if (masks.has(name)) shared++;
  return { images, masks, shared };
}

/** Paths by their names below the folder, those that do not end so left out. */
function byStem({ paths, folder, ending }: Ending): Map<string, string> {
  const named = new Map<string, string>();
  for (const path of paths) {
    const below = relative(folder, path);
    const stem = below.slice(0, below.length - extname(below).length);
    if (stem.endsWith(ending)) named.set(stem.slice(0, stem.length - ending.length), path);
  }
  return named;
}

/** The first names of a list, and how many there are beyond. */
export function listed(paths: readonly string[], most = 3): string {
  const shown = paths.slice(0, most).join(', ');
  return paths.length > most ? `${shown} and ${paths.length - most} more` : shown;
}
