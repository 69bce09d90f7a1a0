/** The objects of single images, as pictures and as COCO's results. */
import { basename } from 'node:path';
import sharp from 'sharp';
import { at } from '../../at.js';
import { partOf } from '../../data/loading/in-parts.js';
import type { AnnotatedImage } from '../../data/objects/annotations.js';
import { compressMask } from '../../detection/run-lengths/text.js';
import { decodeImage } from '../../images/decode.js';
import type { RgbImage } from '../../images/geometry/resize.js';
import { reasonOf } from '../../images/unreadable-image.js';
import { type DrawnObject, drawObjects } from '../../pictures/object-picture.js';
import { type Prediction, type PredictOptions, unreadablePrediction } from '../labelled-task.js';
import { findObjects, type SeenObject, type TrainedDetector } from './find-objects.js';
import { classColour } from './object-colours.js';
import { shownIn, viewsOf } from './views.js';

/** The score from which on objects are drawn, told in words and written as labels. */
const usualScore = 0.3;

/** Finds objects in image files; those that cannot be read have a prediction that says so. */
export async function* predictObjects(
  trained: TrainedDetector,
  paths: readonly string[],
  { device = 'cpu', leastScore = usualScore, team }: PredictOptions,
): AsyncGenerator<Prediction, void, undefined> {
  const classes = trained.recipe.data.classes ?? [];
  const part = partOf(paths.length, team);
  for (const [i, path] of paths.slice(part.start, part.end).entries()) {
    const image = await decodeImage(path).catch(reasonOf);
    if (typeof image === 'string') {
      yield unreadablePrediction({ path, reason: image });
      continue;
    }
    const found = objectsOf(trained, image, device);
    const shown = found.filter(({ score }) => score >= leastScore);
    const draw = async () => encodeImage(await drawObjects(image, drawn(shown, classes)));
    yield {
      path,
      report: reportOf(found, { image, number: part.start + i + 1, classes }),
      text: inWords(shown, classes),
      pictures: { out: draw, overlay: draw },
      annotated: annotatedImage(path, image, shown),
    };
  }
}

function objectsOf(trained: TrainedDetector, image: RgbImage, device: string): SeenObject[] {
  const { recipe } = trained;
  const views = viewsOf(recipe).map((view) => shownIn(view, image, recipe));
  return findObjects(trained, views, device);
}

interface ReportOptions {
  readonly image: RgbImage;
  /** The number of the image among those that are predicted, from 1. */
  readonly number: number;
  readonly classes: readonly string[];
}

/** COCO's results of one image; categories are numbered from 1. */
function reportOf(found: readonly SeenObject[], { image, number, classes }: ReportOptions): object {
  const { width, height } = image;
  return {
    width,
    height,
    objects: found.map(({ label, score, box, mask }) => ({
      image_id: number,
      category_id: label + 1,
      category: at(classes, label),
      bbox: box,
      score,
      ...(mask && { segmentation: compressMask(mask) }),
    })),
  };
}

function inWords(found: readonly SeenObject[], classes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const { label } of found) {
    const name = at(classes, label);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const words = [...counts].map(([name, count]) => `${count} ${name}`);
  return words.length === 0 ? 'no objects' : words.join(', ');
}

function drawn(found: readonly SeenObject[], classes: readonly string[]): DrawnObject[] {
  // The best ones lie on top.
  return found.toReversed().map(({ label, score, box, mask }) => ({
    box,
    mask,
    colour: classColour(label),
    text: `${at(classes, label)} ${score.toFixed(2)}`,
  }));
}

/** The image as annotations have it. */
function annotatedImage(
  path: string,
  { width, height }: RgbImage,
  found: readonly SeenObject[],
): AnnotatedImage {
  return {
    id: undefined,
    name: basename(path),
    location: { kind: 'file', path },
    size: { width, height },
    objects: found.map(({ label, box, mask }) => ({
      id: undefined,
      label,
      box,
      area: undefined,
      isCrowd: false,
      outline: mask && { kind: 'run-lengths', mask },
    })),
  };
}

function encodeImage({ width, height, data }: RgbImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
