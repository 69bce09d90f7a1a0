/** The images of the demo on disk. They are rendered once, and again only with other settings. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setUnfinished } from '@um-mae/torch/files';
import type { LabelledSet } from '../data/classified-images.js';
import { findImages } from '../data/image-files.js';
import { listedFiles } from '../data/sources/files.js';
import { DataError } from '../errors.js';
import { withFileErrors } from '../files/file-errors.js';
import { mostOfRecord, wholeText } from '../files/whole-file.js';
import { seededRandom } from '../random.js';
import { renderScene, sceneClasses, type WriteScenesOptions, writeScenes } from './scenes.js';

/** Paths of images. */
export interface SceneSet {
  /** The images for pre-training, which ignores their labels, and for training the probes. */
  readonly train: readonly string[];
  /** The images that the probes are measured on. Nothing else uses them. */
  readonly val: readonly string[];
}

/**
 * Returns the folder of the training images as an absolute path, so that the recipe runs from
 * anywhere.
 */
export function trainingFolder(folder: string): string {
  return resolve(folder, 'train');
}

/**
 * Renders the images into `folder`, unless they are there from an earlier time.
 *
 * @throws UmMaeError when the folder holds something else, or cannot be written
 */
export async function prepareScenes(
  folder: string,
  options: WriteScenesOptions,
): Promise<SceneSet> {
  const wanted = `${JSON.stringify({ ...options, digest: digestOf(options) }, null, 2)}\n`;
  const file = join(folder, record);
  const found = existsSync(file)
    ? wholeText(file, { as: DataError, most: mostOfRecord })
    : undefined;
  if (found === undefined && existsSync(folder)) {
    throw new DataError(
      `Expected rendered scenes or nothing in ${folder} but got something else.\nMove it away, or choose another --out.`,
    );
  }
  if (found !== wanted) {
    const access = { verb: 'write', path: folder, as: DataError } as const;
    await withFileErrors(access, () => render(folder, options, wanted));
  }
  const { paths: train } = await findImages([trainingFolder(folder)]);
  const { paths: val } = await findImages([join(folder, 'val')]);
  return { train, val };
}

/** Records in the folder of the images what was rendered. */
const record = 'scenes.json';

/** Writes aside first: a folder with the final name is complete. */
async function render(folder: string, options: WriteScenesOptions, text: string): Promise<void> {
  const aside = `${folder}.partial`;
  await rm(aside, { recursive: true, force: true });
  setUnfinished(aside, true);
  await mkdir(aside, { recursive: true });
  await writeScenes(aside, options);
  await writeFile(join(aside, record), text);
  await rm(folder, { recursive: true, force: true });
  await rename(aside, folder);
  setUnfinished(aside, false);
}

/** Rendered scenes with their classes. */
export function scenesOf(paths: readonly string[]): LabelledSet {
  return { images: listedFiles(paths, paths), labels: Int32Array.from(paths, classOf) };
}

/** An index into `sceneClasses`. */
function classOf(path: string): number {
  return sceneClasses.indexOf(basename(dirname(path)));
}

/** Changes when scenes are drawn differently. */
function digestOf({ seed, size }: WriteScenesOptions): string {
  const digest = createHash('sha256');
  for (const [index, name] of sceneClasses.entries()) {
    digest.update(name).update(renderScene(index, seededRandom(seed, index), size).data);
  }
  return digest.digest('hex').slice(0, 16);
}
