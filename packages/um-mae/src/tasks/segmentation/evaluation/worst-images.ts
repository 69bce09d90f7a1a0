/** The images that a segmentor does worst on, small, for whoever looks at a run later. */
import sharp from 'sharp';
import type { ProcessGroup } from '../../../data/loading/in-parts.js';
import type { RgbImage } from '../../../images/geometry/resize.js';
import { ignoredClass } from '../../../images/masks/class-map.js';
import type { Colour } from '../../../images/masks/class-map-file.js';
import {
  drawClassMap,
  shrinkClassMap,
  shrinkImage,
} from '../../../pictures/segmentation-picture.js';
import type { SegmentationResults } from '../results.js';

/** An image with labels and predictions, [height, width] each. */
interface ComparedImage {
  readonly path: string;
  readonly image: RgbImage;
  readonly labels: Int32Array;
  readonly predicted: Int32Array;
}

/** A badly segmented image. */
type WorstImage = SegmentationResults['worst'][number];

/** A badly segmented image before its pictures are encoded. */
interface DrawnImage extends Omit<WorstImage, 'picture' | 'label' | 'prediction'> {
  readonly drawn: readonly RgbImage[];
}

const kept = 12;
/** Longer side of a picture, in pixels. */
const side = 256;

/** Keeps the images of the least share of right pixels. */
export class WorstImages {
  private found: readonly DrawnImage[] = [];

  constructor(private readonly colours: readonly Colour[]) {}

  add({ path, image, labels, predicted }: ComparedImage): void {
    const { right, labelled } = countRight(labels, predicted);
    if (labelled === 0) return;
    const pixelAccuracy = right / labelled;
    const last = this.found[kept - 1];
    if (last && pixelAccuracy >= last.pixelAccuracy) return;
    const small = shrinkClassMap(labels, image, side);
    const seen = shrinkClassMap(predicted, image, side);
    const shown = shrinkImage(image, side);
    const drawn = [
      { ...shown, data: shown.data.slice() },
      drawClassMap(small.data, small, this.colours),
      drawClassMap(seen.data, seen, this.colours, small.data),
    ];
    this.keepWorst([...this.found, { path, pixelAccuracy, drawn }]);
  }

  /** @param images those of equal accuracy in the order of their set */
  private keepWorst(images: readonly DrawnImage[]): void {
    const order = [...images].sort((a, b) => a.pixelAccuracy - b.pixelAccuracy);
    this.found = order.slice(0, kept);
  }

  /** Takes the images of the other processes in, which call it together. */
  async addOthers(team: Pick<ProcessGroup, 'gather'>): Promise<void> {
    this.keepWorst(await team.gather(this.found));
  }

  /** The worst first. */
  async pictures(): Promise<WorstImage[]> {
    return Promise.all(
      this.found.map(async ({ drawn, ...known }) => {
        const [picture = '', label = '', prediction = ''] = await Promise.all(drawn.map(encode));
        return { ...known, picture, label, prediction };
      }),
    );
  }
}

function countRight(labels: Int32Array, predicted: Int32Array) {
  let [right, labelled] = [0, 0];
  for (let pixel = 0; pixel < labels.length; pixel++) {
    if (labels[pixel] === ignoredClass) continue;
    labelled++;
    if (labels[pixel] === predicted[pixel]) right++;
  }
  return { right, labelled };
}

async function encode({ width, height, data }: RgbImage): Promise<string> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return png.toString('base64');
}
