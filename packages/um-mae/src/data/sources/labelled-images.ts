/** Images with classes: some to learn from, others to be measured on. */
import { DataError } from '../../errors.js';
import type { ImageSet } from './image-set.js';
import { type OpenedImages, openImages } from './open-images.js';

export interface LabelledPaths {
  /** A folder of class folders, a list, shards or a Parquet file, as in `openImages`. */
  readonly train: string;
  readonly val: string;
  /** Folder that relative paths in lists begin at: the list's own unless told otherwise. */
  readonly root?: string | undefined;
}

export interface LabelledImages {
  /** What is learnt from. */
  readonly train: ImageSet;
  /** What is measured on. */
  readonly val: ImageSet;
  /** How many classes `train` has: labels are below it. */
  readonly classes: number;
  /** In the order of their numbers; none where the sources only number their classes. */
  readonly classNames: readonly string[];
}

/**
 * A list without labels has the folders of its images as classes.
 *
 * @throws DataError when an image has no class, all have one, there are more classes than images, or the
 *   two do not have the same classes
 */
export async function openLabelled({ train, val, root }: LabelledPaths): Promise<LabelledImages> {
  const known = await openImages([train], { root, labelled: true });
  const unseen = await openImages([val], { root, labelled: true });
  const labels = distinctLabels(known.images, train);
  const unseenLabels = distinctLabels(unseen.images, val);
  checkNames({ path: train, ...known }, { path: val, ...unseen });
  const classes = Math.max(...labels) + 1;
  checkClasses(classes, { train, images: known.images.count });
  for (const label of unseenLabels) {
    if (labels.has(label)) continue;
    throw new DataError(
      `Expected only classes of ${train} in ${val} but got class ${label}, which it has no image of.`,
    );
  }
  return { train: known.images, val: unseen.images, classes, classNames: known.classes };
}

function distinctLabels(images: ImageSet, path: string): Set<number> {
  const labels = new Set<number>();
  for (let index = 0; index < images.count; index++) {
    const label = images.labelOf(index);
    if (label === undefined) {
      throw new DataError(
        `Expected a class for every image of ${path} but got none for image ${index + 1}.\n${advice(path)}`,
      );
    }
    labels.add(label);
  }
  if (labels.size > 1) return labels;
  throw new DataError(
    `Expected images of at least two classes in ${path} but got one class.\n${advice(path)}`,
  );
}

function advice(path: string): string {
  return `Put images into ${path}/CLASS/, or list them as \`path label\`.`;
}

function checkClasses(
  classes: number,
  { train, images }: { readonly train: string; readonly images: number },
): void {
  if (classes <= images) return;
  throw new DataError(
    `Expected at least as many images as classes in ${train} but got ${images} images and labels up to ${classes - 1}.\nLabels are numbered from 0.`,
  );
}

type Named = OpenedImages & { readonly path: string };

/** Numbers of two sources mean the same only if both come from the same names, or from none. */
function checkNames(train: Named, val: Named): void {
  const missing = train.classes.filter((name) => !val.classes.includes(name));
  const extra = val.classes.filter((name) => !train.classes.includes(name));
  if (missing.length + extra.length === 0) return;
  const [named, numbered] = train.classes.length > 0 ? [train, val] : [val, train];
  if (numbered.classes.length === 0) {
    throw new DataError(
      `Expected names of classes in both or in none but got them in ${named.path} and only numbers in ${numbered.path}.\nGive both as class folders, or both as lists with labels.`,
    );
  }
  const differences = [listed('without', missing), listed('also', extra)].filter(Boolean);
  throw new DataError(
    `Expected the ${train.classes.length} classes of ${train.path} in ${val.path} but got them ${differences.join(', ')}.`,
  );
}

function listed(word: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  return `${word} ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}
