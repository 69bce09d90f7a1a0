/**
 * COCO's evaluation of detections and masks, equal to its published tools.
 *
 * Source: Lin et al. 2014, arXiv:1405.0312, and cocodataset.org/#detection-eval.
 */
import { type AccumulatedScores, accumulate } from './accumulate.js';
import { type Measure, matchScene, prepareScene, type Scene } from './matching.js';
import { type AreaRange, cocoAreas, type FoundObject, type TrueObject } from './objects.js';
import { cocoThresholds } from './thresholds.js';

export interface EvaluationOptions {
  /** Whether boxes or masks are compared. */
  readonly by: Measure;
  /** Ids of all images; objects of others are left out. */
  readonly images: readonly number[];
  /** Ids of all categories; objects of others are left out. */
  readonly categories: readonly number[];
  /** Overlaps from which on an object is found. Default 0.5, 0.55 ... 0.95. */
  readonly thresholds?: readonly number[];
  readonly areas?: readonly AreaRange[];
  /**
   * Rising numbers of the best found objects of an image and category that count. Default 1, 10,
   * 100.
   */
  readonly maxima?: readonly number[];
  /** Whether an object has to be of the category that was found. Default true. */
  readonly byCategory?: boolean;
}

/** The scores of a set of images. */
export interface CocoEvaluation extends AccumulatedScores {
  readonly thresholds: readonly number[];
  /** Rising ids; one entry where categories are not told apart. */
  readonly categories: readonly number[];
  readonly areas: readonly AreaRange[];
  readonly maxima: readonly number[];
}

export function evaluateDetections(
  objects: readonly TrueObject[],
  found: readonly FoundObject[],
  options: EvaluationOptions,
): CocoEvaluation {
  const { by, thresholds = cocoThresholds, areas = cocoAreas, maxima = [1, 10, 100] } = options;
  const rising = (ids: readonly number[]) => [...new Set(ids)].sort((a, b) => a - b);
  const [images, all] = [rising(options.images), rising(options.categories)];
  const isTold = options.byCategory ?? true;
  const categories = isTold ? all : all.slice(0, 1);
  const most = Math.max(...maxima);
  const [there, seen] = [grouped(objects, all, isTold), grouped(found, all, isTold)];
  const scores = categories.map((category) => {
    const scenes = images.flatMap((image): Scene[] => {
      const key = keyOf(image, isTold ? category : 0);
      const [own, theirs] = [there.get(key) ?? [], seen.get(key) ?? []];
      return own.length + theirs.length > 0 ? [prepareScene(theirs, own, { by, most })] : [];
    });
    const matched = areas.map((area) => scenes.map((scene) => matchScene(scene, thresholds, area)));
    return { scenes, matched };
  });
  return { thresholds, categories, areas, maxima, ...accumulate(scores, { thresholds, maxima }) };
}

const keyOf = (image: number, category: number) => `${image}/${category}`;

/** Objects by image and category; by rising category where those are not told apart. */
function grouped<Item extends { readonly image: number; readonly category: number }>(
  items: readonly Item[],
  categories: readonly number[],
  isTold: boolean,
): ReadonlyMap<string, readonly Item[]> {
  const places = new Map(categories.map((category, i) => [category, i]));
  const known = items.filter(({ category }) => places.has(category));
  const place = ({ category }: Item) => places.get(category) ?? Number.NaN;
  const ordered = isTold ? known : known.sort((a, b) => place(a) - place(b));
  const groups = new Map<string, Item[]>();
  for (const item of ordered) {
    const key = keyOf(item.image, isTold ? item.category : 0);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
