/** Looks, every so many epochs, at how good the features have become that a run is there for. */
import type { Backbone } from '../../backbones/backbone.js';
import type { ImageSet } from '../../data/sources/image-set.js';
import { type FeatureOptions, featuresOfSet } from '../../evaluation/features.js';
import { type ProbeScores, scoreFeatures } from '../../evaluation/probe-scores.js';
import { rankMe } from '../../evaluation/rank-me.js';
import type { PretrainRecipe } from '../../recipes/pretrain-recipe.js';
import { type LabelledImages, labelledFeatures, openLabelled } from './labelled-images.js';

export interface WatchScores {
  /** Dimensions that the features use. */
  readonly rankMe: number;
  /** Accuracy of the nearest neighbours; null without labels. */
  readonly neighbours: number | null;
  /** Accuracy of a linear probe; null without labels. */
  readonly linearProbe: number | null;
}

export class Watch {
  private constructor(
    /** Between two looks. */
    private readonly epochs: number | undefined,
    private readonly images: ImageSet,
    private readonly labelled: LabelledImages | undefined,
    private readonly options: FeatureOptions,
  ) {}

  /**
   * @param images those that the run learns from
   * @throws DataError when the labelled images are of no use
   */
  static async open(
    { watch, image }: PretrainRecipe,
    images: ImageSet,
    machine: { readonly device: string; readonly workers: number },
  ): Promise<Watch> {
    const { every, rankImages, labelled } = watch;
    const opened = every && labelled ? await openLabelled(labelled) : undefined;
    const options = { image, ...machine };
    return new Watch(every?.epochs, spreadOver(images, rankImages), opened, options);
  }

  /** @param epoch epochs done */
  isDue(epoch: number): boolean {
    return this.epochs !== undefined && epoch % this.epochs === 0;
  }

  /** Draws no random number and leaves the backbone as it is: training goes on as if nothing had been. */
  async look(backbone: Backbone): Promise<WatchScores> {
    const { features } = await featuresOfSet(backbone, this.images, this.options);
    const rank = rankMe(features);
    features.dispose();
    return { rankMe: rank, neighbours: null, linearProbe: null, ...(await this.probe(backbone)) };
  }

  private async probe(backbone: Backbone): Promise<ProbeScores | undefined> {
    if (!this.labelled) return undefined;
    const { train, val } = this.labelled;
    const known = await labelledFeatures(backbone, train, this.options);
    const unseen = await labelledFeatures(backbone, val, this.options);
    const scores = scoreFeatures(known, unseen);
    for (const { features, labels } of [known, unseen]) {
      features.dispose();
      labels.dispose();
    }
    return scores;
  }
}

/** At most `count` images of a set, at equal distances. */
function spreadOver(set: ImageSet, count: number): ImageSet {
  const chosen = Math.min(count, set.count);
  const place = (index: number) => Math.floor((index * set.count) / chosen);
  return {
    ...set,
    count: chosen,
    locate: (index) => set.locate(place(index)),
    labelOf: (index) => set.labelOf(place(index)),
  };
}
