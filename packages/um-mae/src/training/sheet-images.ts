/** The few images that a run reconstructs after every epoch, always with the same masks. */
import { Generator, scope } from '@um-mae/torch';
import type { RgbImage } from '../data/resize.js';
import { UnreadableImage } from '../data/unreadable.js';
import type { ImageSize } from '../evaluation/pixels.js';
import {
  loadForReconstruction,
  reconstruct,
  reconstructionSheet,
} from '../evaluation/reconstruction.js';
import type { Objective } from '../objectives/objective.js';

const wanted = 4;

export class SheetImages {
  private constructor(
    private readonly images: readonly RgbImage[],
    private readonly seed: number,
  ) {}

  /** Readable images, spread over the data set. */
  static async choose(
    paths: readonly string[],
    { image, seed }: { readonly image: ImageSize; readonly seed: number },
  ): Promise<SheetImages> {
    const images: RgbImage[] = [];
    const stride = Math.max(1, Math.floor(paths.length / wanted));
    for (let index = 0; index < paths.length && images.length < wanted; index++) {
      const path = paths[(index * stride) % paths.length] ?? '';
      const loaded = await loadForReconstruction(path, image).catch(ifUnreadable);
      if (loaded) images.push(loaded);
    }
    return new SheetImages(images, seed);
  }

  /** A PNG of what the model makes of them now. */
  async render(model: Objective, title: string): Promise<Buffer> {
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
