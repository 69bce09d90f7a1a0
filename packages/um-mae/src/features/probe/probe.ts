/**
 * Scores a frozen encoder by how well classes can be told from its features: nearest neighbours and
 * a linear probe.
 */
import { at } from '../../at.js';
import { openTrainingImages } from '../../data/classified-images.js';
import type { PartOptions, ProcessGroup } from '../../data/loading/in-parts.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import type { ReadingOptions } from '../../data/reading-options.js';
import { joinRemarks, type Remark } from '../../data/sources/remarks.js';
import { DataError } from '../../errors.js';
import { defaultCache } from '../cache/cache-place.js';
import { cachedFeatures } from '../cache/cached-features.js';
import type { FeatureOptions } from '../extract-features.js';
import type { FrozenBackbone, Preparation } from '../frozen-backbone.js';
import { probeScores } from './probe-scores.js';
import { chanceLevel, type ShareInterval, shareInterval } from './share-interval.js';

export interface ProbeOptions extends FeatureOptions, ReadingOptions {
  /**
   * The images that the probes are trained on. The penalty of the linear probe is chosen on a part
   * of them.
   */
  readonly train: string;
  /** The images that the probes are measured on. No choice depends on them. */
  readonly val: string;
  /**
   * Folder of features that have been computed before. Default: beside the weights, see
   * `defaultCache`.
   */
  readonly cache?: string | undefined;
}

export interface ProbeReport extends Preparation {
  /** The numbers of images that were measured, unreadable ones not counted. */
  readonly images: { readonly train: number; readonly val: number };
  readonly classes: number;
  /** Share of the val images that their 20 nearest neighbours in train classify right. */
  readonly neighbours: number;
  /** Share of the val images that the linear probe classifies right. */
  readonly linearProbe: number;
  /** Share of the val images that naming the commonest class gets right. */
  readonly chance: number;
  /** 95 % intervals of the two scores, by Wilson. */
  readonly intervals: { readonly neighbours: ShareInterval; readonly linearProbe: ShareInterval };
  /** Features that were not in the cache. */
  readonly computed: number;
  readonly skipped: readonly SkippedImage[];
  /** Notes on things passed over, and on the reading of the sources. */
  readonly remarks: readonly Remark[];
}

/**
 * @returns of several processes, in the one that leads; in the others nothing
 * @throws DataError when the images are of no use: see `openTrainingImages`; or a class has fewer
 *   than two to learn from
 * @throws UmMaeError when there is no such stage, the view does not fit the image size, or
 *   processes differ in weights, images or options
 *
 * @example
 * ```ts
 * import { load, probe } from 'um-mae';
 *
 * using backbone = await load('runs/photos');
 * const report = await probe(backbone, { train: 'labelled/train', val: 'labelled/val' });
 * console.log(`kNN ${report.neighbours}, linear probe ${report.linearProbe}`);
 * ```
 */
export async function probe(
  frozen: FrozenBackbone,
  options: ProbeOptions & { readonly team: ProcessGroup | undefined },
): Promise<ProbeReport | undefined>;
export async function probe(frozen: FrozenBackbone, options: ProbeOptions): Promise<ProbeReport>;
export async function probe(
  frozen: FrozenBackbone,
  options: ProbeOptions & PartOptions,
): Promise<ProbeReport | undefined> {
  const { cache = defaultCache(frozen.path) } = options;
  const preparation = frozen.prepare(options);
  const { train, val, classes } = await openTrainingImages(options);
  checkClassSizes(train.labels, classes, options.train);
  await options.team?.agreeOn(frozen.facts(options));
  for (const { images } of [train, val]) await options.team?.agreeOnImages(images);
  const found = await probeScores({ train, val }, (images) =>
    cachedFeatures(frozen, images, { ...options, cache }),
  );
  if (!found) return undefined;
  const { scores, known, unseen } = found;
  const measured = unseen.paths.length;
  return {
    ...preparation,
    ...scores,
    chance: chanceLevel(unseen.indices.map((index) => at(val.labels, index))),
    intervals: {
      neighbours: shareInterval(scores.neighbours, measured),
      linearProbe: shareInterval(scores.linearProbe, measured),
    },
    images: { train: known.paths.length, val: measured },
    classes: classes.length,
    computed: known.computed + unseen.computed,
    skipped: [...known.skipped, ...unseen.skipped],
    remarks: joinRemarks([train.remarks, val.remarks]),
  };
}

/**
 * Checks before anything is computed: the penalty is chosen on images of every class that the fit
 * has not seen.
 */
function checkClassSizes(labels: Int32Array, classes: readonly string[], path: string): void {
  const sizes = classes.map(() => 0);
  for (const label of labels) sizes[label] = at(sizes, label) + 1;
  const single = sizes.indexOf(1);
  if (single < 0) return;
  throw new DataError(
    `Expected at least two images of each class in ${path} but got one of \`${classes[single]}\`.`,
  );
}
