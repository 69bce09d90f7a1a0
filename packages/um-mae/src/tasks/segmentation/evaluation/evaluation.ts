/**
 * A segmentor's evaluation: counts over a whole set, a table of classes, and a sheet of pictures.
 */
import { at } from '../../../at.js';
import { collectParts, partOf } from '../../../data/loading/in-parts.js';
import { ImageLoader } from '../../../data/loading/loader.js';
import type { SkippedImage } from '../../../data/loading/unreadable.js';
import type { RgbImage } from '../../../images/geometry/resize.js';
import type { Colour } from '../../../images/masks/class-map-file.js';
import { shownClasses } from '../../../pictures/legend.js';
import {
  drawClassMap,
  shrinkClassMap,
  shrinkImage,
} from '../../../pictures/segmentation-picture.js';
import { renderSheet } from '../../../pictures/sheet.js';
import {
  type Evaluation,
  type EvaluationOptions,
  imageCounter,
} from '../../../training/evaluation.js';
import { classesOfPixels, type TrainedSegmentor } from '../inference/image-passes.js';
import type { SegmentationResults } from '../results.js';
import { classesOf, type SegmentedImages } from '../segmented-images.js';
import { describeClasses } from './class-table.js';
import { PixelConfusion, type PixelScores } from './pixel-confusion.js';
import { WorstImages } from './worst-images.js';

/** Images that a sheet shows. */
const sheetImages = 4;
/** Longer side of a picture in a sheet, in pixels. */
const sheetSide = 320;

/** An image, its classes and those that the network gives it: [height, width] each. */
interface SegmentedImage {
  readonly index: number;
  readonly path: string;
  readonly image: RgbImage;
  readonly labels: Int32Array;
  readonly predicted: Int32Array;
}

/**
 * Evaluates image by image, each in its own size.
 *
 * @returns of several processes, in the one that leads; in the others nothing
 */
export async function evaluateSegmentor(
  trained: TrainedSegmentor,
  evaluated: SegmentedImages,
  options: EvaluationOptions,
): Promise<Evaluation | undefined> {
  const { model, recipe } = trained;
  const classes = classesOf(recipe);
  const colours = classes.map(({ colour }) => colour);
  const confusion = new PixelConfusion(model.options.classes);
  const worst = new WorstImages(colours);
  const { count } = evaluated.images;
  const step = Math.max(1, Math.floor(count / sheetImages));
  async function* comparedImages(): AsyncGenerator<KeptImage, void, undefined> {
    let shown = 0;
    for await (const { skipped, seen } of predictedImages(trained, evaluated, options)) {
      if (seen) {
        confusion.add(seen.predicted, seen.labels);
        worst.add(seen);
      }
      const isShown = seen && seen.index % step === 0 && shown++ < sheetImages;
      yield { skipped, row: isShown ? rowOf(seen, colours) : undefined };
    }
  }
  const countImages = imageCounter(options, count);
  const compared = await collectParts(comparedImages(), options, () => countImages(1));
  const { team } = options;
  if (team) {
    await confusion.addOthers(team);
    await worst.addOthers(team);
  }
  if (team?.leads === false) return undefined;
  const skipped = compared.flatMap((image) => image.skipped);
  const rows = compared.flatMap(({ row }) => row ?? []).slice(0, sheetImages);
  const scores = confusion.scores();
  const { epoch } = options;
  return {
    scores: {
      meanIou: scores.meanIou,
      pixelAccuracy: scores.pixelAccuracy,
      meanAccuracy: scores.meanAccuracy,
      images: count - skipped.length,
    },
    images: count,
    skipped,
    details: detailsOf(scores, classes),
    notes: describeClasses(classes, scores),
    ...(rows.length > 0 && {
      picture: {
        name: 'segmentation',
        draw: () =>
          renderSheet({
            title: epoch === undefined ? 'Segmentation' : `Segmentation after epoch ${epoch}`,
            note: noteOf(scores),
            columns: ['image', 'label', 'prediction'],
            rows: rows.map(({ pictures }) => pictures),
            legend: shownClasses(
              classes,
              rows.flatMap(({ maps }) => maps),
            ),
          }),
      },
    }),
    results: async (moment): Promise<SegmentationResults> => ({
      version: 1,
      ...moment,
      meanIou: scores.meanIou,
      pixelAccuracy: scores.pixelAccuracy,
      ...detailsOf(scores, classes),
      worst: await worst.pictures(),
    }),
  };
}

/** An image of the set: that it could not be read, or what is seen in it. */
interface PredictedImage {
  readonly skipped: readonly SkippedImage[];
  readonly seen: SegmentedImage | undefined;
}

/** The images of this process, in the order of the set. */
async function* predictedImages(
  trained: TrainedSegmentor,
  { images, set }: SegmentedImages,
  { device, workers = 1, team }: EvaluationOptions,
): AsyncGenerator<PredictedImage, void, undefined> {
  const { model } = trained;
  const { pixelClasses, largest } = set;
  const transform = { kind: 'original' } as const;
  const options = { images, pixelClasses, ...largest, transform, batchSize: 1, seed: 0, workers };
  const loader = new ImageLoader({ ...options, shuffle: false });
  const training = model.training;
  try {
    for await (const batch of loader.epoch(0, partOf(loader.batches, team))) {
      const { skipped, classMaps: labels } = batch;
      const [index] = batch.indices;
      if (index === undefined || !labels) yield { skipped, seen: undefined };
      else {
        const image = { ...batch.size, data: batch.pixels };
        model.eval();
        const predicted = classesOfPixels(trained, image, device);
        model.train(training);
        yield { skipped, seen: { index, path: at(batch.paths, 0), image, labels, predicted } };
      }
    }
  } finally {
    model.train(training);
    await loader.close();
  }
}

/** An image that has been compared: whether it could be read, and its row if it is shown. */
interface KeptImage {
  readonly skipped: readonly SkippedImage[];
  readonly row: SheetRow | undefined;
}

/** A row of the sheet. */
interface SheetRow {
  readonly pictures: readonly RgbImage[];
  /** The classes that the pictures show. */
  readonly maps: readonly Int32Array[];
}

/** The pictures of an image; ignored pixels are stripes in both maps. */
function rowOf({ image, labels, predicted }: SegmentedImage, colours: readonly Colour[]): SheetRow {
  const small = shrinkClassMap(labels, image, sheetSide);
  const seen = shrinkClassMap(predicted, image, sheetSide);
  const pictures = [
    // Its bytes are those of the loader, which overwrites them.
    copyOf(shrinkImage(image, sheetSide)),
    drawClassMap(small.data, small, colours),
    drawClassMap(seen.data, seen, colours, small.data),
  ];
  return { pictures, maps: [small.data, seen.data] };
}

function copyOf(image: RgbImage): RgbImage {
  return { ...image, data: image.data.slice() };
}

function noteOf({ meanIou, pixelAccuracy, classes }: PixelScores): string {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const counted = classes.filter(({ iou }) => iou !== null).length;
  return `Mean IoU ${percent(meanIou)} over ${counted} of ${classes.length} classes, ${percent(pixelAccuracy)} of the pixels right. Stripes are ignored.`;
}

/** Scores of each class, as JSON. */
function detailsOf(
  { classes: scores, meanDice }: PixelScores,
  classes: readonly { readonly name: string; readonly colour: Colour }[],
): Pick<SegmentationResults, 'meanDice' | 'classes'> {
  return {
    meanDice,
    classes: classes.map(({ name, colour }, i) => ({ name, colour, ...at(scores, i) })),
  };
}
