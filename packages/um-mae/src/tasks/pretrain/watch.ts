/** Measures the features of a run every so many epochs. */

import type { Backbone } from '../../backbones/backbone.js';
import { openTrainingImages, type TrainingImages } from '../../data/classified-images.js';
import type { ImageSet } from '../../data/sources/image-set.js';
import { extractFeatures } from '../../features/extract-features.js';
import { type ProbeScores, probeScores } from '../../features/probe-scores.js';
import { rankMe } from '../../features/rank-me.js';
import type { Size } from '../../images/resize.js';
import type { PretrainRecipe } from '../../recipes/pretrain-recipe.js';

/** Scores of the features of a backbone during pre-training. */
export interface WatchScores {
  /** Dimensions that the features use. */
  readonly rankMe: number;
  /** Accuracy of the nearest neighbours; null without labels. */
  readonly neighbours: number | null;
  /** Accuracy of a linear probe; null without labels. */
  readonly linearProbe: number | null;
}

interface WatchParts {
  /** Epochs between two looks at the features. */
  readonly epochs: number | undefined;
  readonly images: ImageSet;
  readonly labelled: TrainingImages | undefined;
  readonly image: Size;
  readonly device: string;
  readonly workers: number;
}

/** Measures the features of the encoder every so many epochs. */
export class FeatureMonitor {
  private constructor(private readonly parts: WatchParts) {}

  /**
   * @param images those that the run learns from
   * @throws DataError when the labelled images are of no use
   */
  static async open(
    { watch, image }: PretrainRecipe,
    images: ImageSet,
    machine: { readonly device: string; readonly workers: number },
  ): Promise<FeatureMonitor> {
    const { every, rankImages, labelled } = watch;
    return new FeatureMonitor({
      epochs: every?.epochs,
      images: spreadOver(images, rankImages),
      labelled: every && labelled ? await openTrainingImages(labelled) : undefined,
      image,
      ...machine,
    });
  }

  /** @param epoch epochs done */
  isDue(epoch: number): boolean {
    const { epochs } = this.parts;
    return epochs !== undefined && epoch % epochs === 0;
  }

  /**
   * Draws no random number and leaves the backbone as it is: training goes on as if nothing had
   * been.
   */
  async measure(backbone: Backbone): Promise<WatchScores> {
    const { images, workers, ...source } = this.parts;
    const { features } = await extractFeatures({ ...source, backbone }, images, { workers });
    const rank = rankMe(features);
    features.dispose();
    return { rankMe: rank, neighbours: null, linearProbe: null, ...(await this.probe(backbone)) };
  }

  private async probe(backbone: Backbone): Promise<ProbeScores | undefined> {
    const { labelled, workers, ...source } = this.parts;
    if (!labelled) return undefined;
    const { scores } = await probeScores(labelled, (images) =>
      extractFeatures({ ...source, backbone }, images, { workers }),
    );
    return scores;
  }
}

/** Chooses at most `count` images of a set, at equal distances. */
function spreadOver(set: ImageSet, count: number): ImageSet {
  const chosen = Math.min(count, set.count);
  const place = (index: number) => Math.floor((index * set.count) / chosen);
  return { ...set, count: chosen, locate: (index) => set.locate(place(index)) };
}
