/** Images of a recipe of segmentation, with what the recipe leaves to them. */
import { ok as assert } from 'node:assert';
import type { KnownImages } from '../../data/known-images.js';
import type { ClassRule, PixelClass } from '../../data/segmentation/classes/class-rules.js';
import { pixelClassesOf } from '../../data/segmentation/classes/class-rules.js';
import {
  openSegmentedImages,
  openTrainingSegments,
  type SegmentedSet,
} from '../../data/segmentation/open-segmented-images.js';
import type { Remark } from '../../data/sources/remarks.js';
import { RecipeError } from '../../errors.js';
import type { Scale } from '../../images/geometry/resampling.js';
import type { Size } from '../../images/geometry/resize.js';
import type { SegmentationRecipe } from '../../recipes/segmentation/segmentation-recipe.js';

/** Images whose pixels have classes; these are known by masks, which threads read. */
export interface SegmentedImages extends KnownImages<undefined> {
  readonly set: SegmentedSet;
}

/** A recipe of which the data have completed all values. */
export interface CompleteRecipe extends SegmentationRecipe {
  readonly data: SegmentationRecipe['data'] & { readonly classes: readonly ClassRule[] };
  readonly crop: Size;
  readonly scale: Scale;
}

/** Images to learn from and to evaluate on, and the recipe that they complete. */
export interface OpenedSegments {
  readonly recipe: CompleteRecipe;
  readonly train: SegmentedImages;
  readonly val: SegmentedImages;
  readonly findings: readonly string[];
}

/** Threads that look at masks before the first step. */
const scanningThreads = 2;

/** @throws DataError when masks would spoil training */
export async function openSegments(recipe: SegmentationRecipe): Promise<OpenedSegments> {
  const { train, val, rules, ignore, findings } = await openTrainingSegments(
    recipe.data,
    recipe.data,
    {
      workers: scanningThreads,
    },
  );
  const short = medianShortSide(train);
  const crop = recipe.crop ?? cropFor(short);
  const scale = recipe.scale ?? scaleFor(short, crop);
  const classWeights =
    recipe.classWeights === 'inverse-log' ? inverseLog(train.pixels) : recipe.classWeights;
  checkWeights(classWeights, rules.length);
  const data = { ...recipe.data, classes: rules, ignore };
  const complete = { ...recipe, data, crop, scale, classWeights };
  return { recipe: complete, train: knownBy(train), val: knownBy(val), findings };
}

/** Images to evaluate a trained network on, by the classes that it knows. */
export async function openEvaluated(
  recipe: SegmentationRecipe,
  paths: {
    readonly path: string;
    readonly root: string | null;
    readonly exclude: readonly string[];
  },
): Promise<SegmentedImages & { readonly remarks: readonly Remark[] }> {
  const options = { workers: scanningThreads };
  const set = await openSegmentedImages(paths, recipe.data, options);
  return { ...knownBy(set), remarks: set.remarks };
}

function checkWeights(weights: readonly number[] | null, classes: number): void {
  if (weights === null || weights.length === classes) return;
  const message = `Expected \`classWeights\` of ${classes} numbers, one for each class, but got ${weights.length}.`;
  throw new RecipeError([{ path: 'classWeights', message }]);
}

function knownBy(set: SegmentedSet): SegmentedImages {
  return { images: set.images, targets: () => undefined, set };
}

/** The recipe of a run, of which the data have told every value. */
export function completeRecipe(recipe: SegmentationRecipe): CompleteRecipe {
  const { data, crop, scale } = recipe;
  const { classes } = data;
  assert(Array.isArray(classes) && crop && scale, 'a run records what its data have told');
  return { ...recipe, data: { ...data, classes }, crop, scale };
}

/** Names and colours of the classes of a recipe; none where it leaves them to the data. */
export function classesOf({ data: { classes } }: SegmentationRecipe): readonly PixelClass[] {
  return Array.isArray(classes) ? pixelClassesOf(classes) : [];
}

function medianShortSide({ images, sizes }: SegmentedSet): number {
  const sides = Array.from({ length: images.count }, (_, index) => sizes(index))
    .flatMap((size) => (size ? [Math.min(size.width, size.height)] : []))
    .sort((a, b) => a - b);
  return sides[Math.floor(sides.length / 2)] ?? largeCrop;
}

const smallCrop = 256;
const largeCrop = 512;

/** A square of 512 pixels where most images are as large, else of 256. */
function cropFor(short: number): Size {
  const side = short < largeCrop ? smallCrop : largeCrop;
  return { height: side, width: side };
}

/** Images stay as they are, if that is not less than a crop, nor more than two. */
function scaleFor(short: number, { height, width }: Size): Scale {
  const side = Math.max(height, width);
  const kept = Math.min(Math.max(short, side), 2 * side);
  return { long: 4 * kept, short: kept };
}

/**
 * Weights of classes by their shares of the pixels, of mean 1.
 *
 * Source: Paszke et al. 2016 (ENet), arXiv:1606.02147, section 5.2.
 */
export function inverseLog(pixels: readonly number[]): number[] {
  const total = pixels.reduce((sum, count) => sum + count, 0);
  const weights = pixels.map((count) => 1 / Math.log(1.02 + count / Math.max(total, 1)));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => weight / mean);
}
