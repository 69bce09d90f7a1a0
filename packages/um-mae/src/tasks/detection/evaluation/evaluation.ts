/** A detector's evaluation: COCO's numbers over a set, a table of classes, the worst images. */
import { at } from '../../../at.js';
import type { KnownImages } from '../../../data/known-images.js';
import { collectParts, partOf } from '../../../data/loading/in-parts.js';
import { ImageLoader, type ImageLoaderOptions } from '../../../data/loading/loader.js';
import type { SkippedImage } from '../../../data/loading/unreadable.js';
import type { ObjectsOfImage } from '../../../data/objects/known-objects.js';
import type { CocoEvaluation } from '../../../detection/coco/evaluate.js';
import { renderSheet } from '../../../pictures/sheet.js';
import type { ObjectRecipe } from '../../../recipes/detection/object-recipe.js';
import { namedObjectScores } from '../../../recipes/detection/object-scores.js';
import {
  type Evaluation,
  type EvaluationOptions,
  imageCounter,
} from '../../../training/evaluation.js';
import {
  evaluationScale,
  findObjects,
  sideMultiple,
  type TrainedDetector,
} from '../find-objects.js';
import type { DetectionResults } from '../results.js';
import { shownIn, viewsOf } from '../views.js';
import { classScores, curvesOf, evaluateBy, summaryOf } from './coco-scores.js';
import { bestLeastScore, confusionOf, type SeenImage } from './compare-objects.js';
import { describeScores } from './score-table.js';
import { drawWorst, type IndexedImage, resultOf, worstImages } from './worst-images.js';

/** Images that a sheet shows. */
const sheetImages = 4;

/**
 * Evaluates image by image, each at the scale of evaluation.
 *
 * @returns of several processes, in the one that leads; in the others nothing
 */
export async function evaluateDetector(
  trained: TrainedDetector,
  evaluated: KnownImages<ObjectsOfImage>,
  options: EvaluationOptions,
): Promise<Evaluation | undefined> {
  const { model, recipe } = trained;
  const classes = recipe.data.classes ?? [];
  const known = knownObjects(evaluated);
  const images = foundImages(trained, evaluated, { ...options, known });
  const countImages = imageCounter(options, evaluated.images.count);
  const all = await collectParts(images, options, () => countImages(1));
  if (options.team?.leads === false) return undefined;
  const skipped = all.flatMap((image) => image.skipped);
  const found = all.flatMap(({ seen }): IndexedImage[] => {
    const own = seen && known[seen.index];
    return own ? [{ ...seen, known: own }] : [];
  });
  const counted = { classes: classes.length, overlaps: recipe.inference.overlaps };
  const boxes = evaluateBy('box', found, counted);
  const masks = model.hasMasks ? evaluateBy('mask', found, counted) : undefined;
  const summaries = { boxes: summaryOf(boxes), ...(masks && { masks: summaryOf(masks) }) };
  const seen = found.map(({ known, found: own }) => ({ objects: known.objects, found: own }));
  const details = detailsOf({ boxes, masks, seen }, classes);
  const leastScore = bestLeastScore(seen);
  const { count } = evaluated.images;
  return {
    scores: {
      ...namedObjectScores('box', summaries.boxes),
      ...(summaries.masks && namedObjectScores('mask', summaries.masks)),
      images: count - skipped.length,
    },
    images: count,
    skipped,
    details: { ...summaries, classes: details },
    notes: describeScores(summaries, details),
    ...(found.length > 0 && {
      picture: {
        name: 'detection',
        draw: () => drawSheet(found, { evaluated, leastScore, epoch: options.epoch }),
      },
    }),
    results: async (moment): Promise<DetectionResults> => ({
      version: 1,
      ...moment,
      ...summaries,
      classes: details,
      curves: [...curvesOf('box', boxes), ...(masks ? curvesOf('mask', masks) : [])],
      leastScore,
      confusion: confusionOf(seen, classes.length, leastScore),
      worst: await Promise.all((await worstImages(found, evaluated, leastScore)).map(resultOf)),
    }),
  };
}

function knownObjects({ images, targets }: KnownImages<ObjectsOfImage>) {
  return Array.from({ length: images.count }, (_, index) => targets(index));
}

/** An image of the set: that it could not be read, or what is found in it. */
interface FoundImage {
  readonly skipped: readonly SkippedImage[];
  readonly seen: Omit<IndexedImage, 'known'> | undefined;
}

interface FindingOptions extends EvaluationOptions {
  readonly known: readonly (ObjectsOfImage | undefined)[];
}

/** The images of this process, in the order of the set. */
async function* foundImages(
  trained: TrainedDetector,
  { images }: KnownImages<ObjectsOfImage>,
  { device, workers = 1, team, known }: FindingOptions,
): AsyncGenerator<FoundImage, void, undefined> {
  const { recipe } = trained;
  const views = viewsOf(recipe);
  const loader = new ImageLoader({
    images,
    ...(views.length === 1 ? scaled(recipe) : wholes(known)),
    batchSize: 1,
    seed: 0,
    workers,
    shuffle: false,
  });
  try {
    for await (const { skipped, ...batch } of loader.epoch(0, partOf(loader.batches, team))) {
      const [[index], [size], [geometry]] = [batch.indices, batch.sizes, batch.geometries];
      if (index === undefined || !size || !geometry) yield { skipped, seen: undefined };
      else {
        const original = geometry.sampling.source;
        const shown =
          views.length === 1
            ? [{ pixels: batch.pixels, padded: batch.size, size, original }]
            : views.map((view) => shownIn(view, { ...size, data: batch.pixels }, recipe));
        yield { skipped, seen: { index, found: findObjects(trained, shown, device) } };
      }
    }
  } finally {
    await loader.close();
  }
}

type LoadedView = Pick<ImageLoaderOptions, 'width' | 'height' | 'transform' | 'sideMultiple'>;

/** Images at the only scale of a recipe. */
function scaled(recipe: ObjectRecipe): LoadedView {
  const scale = evaluationScale(recipe);
  const resampling = recipe.published ? 'opencv' : 'pillow';
  const transform = { kind: 'scaled', scale, resampling } as const;
  return { width: scale.long, height: scale.short, transform, sideMultiple };
}

/** Images in their own sizes, for several views of each. */
function wholes(known: readonly (ObjectsOfImage | undefined)[]): LoadedView {
  const areas = known.map((own) => (own ? own.size.width * own.size.height : 1));
  const largest = areas.reduce((most, area) => Math.max(most, area), 1);
  return { width: largest, height: 1, transform: { kind: 'original' } };
}

interface Evaluated {
  readonly boxes: CocoEvaluation;
  readonly masks: CocoEvaluation | undefined;
  readonly seen: readonly SeenImage[];
}

function detailsOf(
  { boxes, masks, seen }: Evaluated,
  classes: readonly string[],
): DetectionResults['classes'] {
  const objects = new Array<number>(classes.length).fill(0);
  for (const { label, isCrowd } of seen.flatMap((image) => image.objects)) {
    if (!isCrowd) objects[label] = at(objects, label) + 1;
  }
  return classes.map((name, label) => ({
    name,
    objects: at(objects, label),
    boxes: classScores(boxes, label),
    ...(masks && { masks: classScores(masks, label) }),
  }));
}

interface SheetOptions {
  readonly evaluated: KnownImages;
  readonly leastScore: number;
  readonly epoch: number | undefined;
}

/** The images of most mistakes; the first ones where there is none. */
async function drawSheet(
  found: readonly IndexedImage[],
  { evaluated, leastScore, epoch }: SheetOptions,
): Promise<Buffer> {
  const worst = await worstImages(found, evaluated, leastScore);
  const rows = await Promise.all(worst.slice(0, sheetImages).map(drawWorst));
  const title = 'Images of most mistakes';
  return renderSheet({
    title: epoch === undefined ? title : `${title} after epoch ${epoch}`,
    note: `Missed: dashed blue; right: green; another class: yellow; false: red. Scores from ${leastScore.toFixed(2)} on.`,
    columns: ['objects', 'found'],
    rows,
  });
}
