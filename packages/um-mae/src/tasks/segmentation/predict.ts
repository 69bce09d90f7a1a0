/** The classes of the pixels of single images, as pictures and as shares. */
import { at } from '../../at.js';
import { partOf } from '../../data/loading/in-parts.js';
import { decodeImage } from '../../images/decode.js';
import { encodeClassMap } from '../../images/masks/class-map-file.js';
import { reasonOf } from '../../images/unreadable-image.js';
import { encodeOverlay } from '../../pictures/segmentation-picture.js';
import { type Prediction, type PredictOptions, unreadablePrediction } from '../labelled-task.js';
import { classesOfPixels, type TrainedSegmentor } from './inference/image-passes.js';
import { classesOf } from './segmented-images.js';

/** Shares of the image that are told in words. */
const toldClasses = 5;

/** Segments image files; those that cannot be read have a prediction that says so. */
export async function* segmentFiles(
  trained: TrainedSegmentor,
  paths: readonly string[],
  { device = 'cpu', top = toldClasses, team }: PredictOptions,
): AsyncGenerator<Prediction, void, undefined> {
  const classes = classesOf(trained.recipe);
  const colours = classes.map(({ colour }) => colour);
  const part = partOf(paths.length, team);
  for (const path of paths.slice(part.start, part.end)) {
    const image = await decodeImage(path).catch(reasonOf);
    if (typeof image === 'string') {
      yield unreadablePrediction({ path, reason: image });
      continue;
    }
    const map = classesOfPixels(trained, image, device);
    const shares = sharesOf(map, classes.length).map((share, i) => ({
      name: at(classes, i).name,
      share,
    }));
    const seen = shares.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
    const { width, height } = image;
    yield {
      path,
      report: { width, height, classes: seen },
      text: seen
        .slice(0, top)
        .map(({ name, share }) => `${name} ${(100 * share).toFixed(1)} %`)
        .join(', '),
      pictures: {
        out: async () => encodeClassMap({ width, height, data: map }, colours),
        overlay: () => encodeOverlay(image, map, classes),
      },
    };
  }
}

function sharesOf(map: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const found of map) counts[found] = at(counts, found) + 1;
  return counts.map((count) => count / map.length);
}
