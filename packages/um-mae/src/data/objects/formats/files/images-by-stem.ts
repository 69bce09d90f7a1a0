/** Images below a folder, by their names without extension. */
import { basename, parse, relative } from 'node:path';
import { type Exclusion, excluding } from '../../../exclude.js';
import { FolderWalk, isImageName } from '../../../image-files.js';

/** Images of a folder by their paths from it and by their names alone, without extension. */
export class ImagesByStem {
  private readonly byPath = new Map<string, string>();
  private readonly byName = new Map<string, string>();
  /** Files of the folder that are no images. */
  readonly others: string[] = [];

  private constructor(readonly folder: string) {}

  static async below(folder: string, isExcluded: Exclusion = excluding([])): Promise<ImagesByStem> {
    const images = new ImagesByStem(folder);
    for await (const path of new FolderWalk(isExcluded).filesBelow(folder)) images.add(path);
    return images;
  }

  /** Paths of all images, sorted. */
  get paths(): string[] {
    return [...this.byPath.values()].sort();
  }

  /** The image of a name that annotations have, with or without folders and extension. */
  find(name: string): string | undefined {
    return this.byPath.get(stemOf(name)) ?? this.byName.get(basename(stemOf(name)));
  }

  private add(path: string): void {
    if (!isImageName(path)) {
      this.others.push(path);
      return;
    }
    const stem = stemOf(relative(this.folder, path));
    this.byPath.set(stem, path);
    this.byName.set(basename(stem), path);
  }
}

/** A path without the extension of an image or a text. */
export function stemOf(path: string): string {
  const { ext } = parse(path);
  return /^\.[a-z]{2,4}g?$/i.test(ext) ? path.slice(0, path.length - ext.length) : path;
}
