/** The few images that a run reconstructs after every epoch, always with the same masks. */
import { Generator, scope } from '@um-mae/torch';
import type { ImageSet } from '../../../data/sources/image-set.js';
import { ImageReader } from '../../../data/sources/read-image.js';
import { decodeBytes } from '../../../images/decode.js';
import { middleOf } from '../../../images/geometry/middle.js';
import type { RgbImage, Size } from '../../../images/geometry/resize.js';
import { UnreadableImage } from '../../../images/unreadable-image.js';
import { MaskedObjective } from '../../../objectives/masked-objective.js';
import type { Objective } from '../../../objectives/objective.js';
import { featureSheet } from './feature-sheet.js';
import { reconstruct, reconstructionSheet } from './reconstruction.js';

const wanted = 4;

export class SheetImages {
  private constructor(
    private readonly images: readonly RgbImage[],
    private readonly seed: number,
  ) {}

  /** Readable images, spread over the data set. */
  static async choose(
    set: ImageSet,
    { image, seed }: { readonly image: Size; readonly seed: number },
  ): Promise<SheetImages> {
    const images: RgbImage[] = [];
    const reader = new ImageReader();
    const stride = Math.max(1, Math.floor(set.count / wanted));
    for (let index = 0; index < set.count && images.length < wanted; index++) {
      const location = set.locate((index * stride) % set.count);
      const decoded = await reader.read(location).then(decodeBytes).catch(ifUnreadable);
      if (decoded) images.push(middleOf(decoded, image));
    }
    return new SheetImages(images, seed);
  }

  /** A PNG of what the model makes of them now: reconstructions, else feature maps. */
  render(model: Objective, title: string): Promise<Buffer> {
    const predicts = model instanceof MaskedObjective && model.predictsPixels;
    if (predicts) return this.reconstructions(model, title);
    return featureSheet(model.encoder, this.images, title);
  }

  private async reconstructions(model: MaskedObjective, title: string): Promise<Buffer> {
    const { normPixels } = model.options;
    const reconstructions = scope(() => {
      const mask = model.drawMask(this.images.length, new Generator(this.seed));
      return reconstruct(model, this.images, mask);
    });
    return reconstructionSheet(reconstructions, { title, normPixels });
  }
}

function ifUnreadable(error: unknown): undefined {
  if (!(error instanceof UnreadableImage)) throw error;
}
