/** The way from feature maps to one vector for each image, as data. Loads no libtorch. */
import { at } from '../at.js';

/**
 * The numbers that stand for a map, channel by channel: the mean over its places, or the mean and
 * the standard deviation over them. The latter is statistics pooling (Snyder et al. 2018,
 * X-vectors, section 2.3), which was made for the frames of a recording.
 */
export const poolings = ['mean', 'mean-and-deviation'] as const;

/** The name of a pooling. */
export type Pooling = (typeof poolings)[number];

/**
 * The names of what a classification head reads: the mean over the tokens of the last stage; the
 * class token, which only a ViT has; or mean and standard deviation over the tokens of every stage.
 */
export const headPoolings = ['mean', 'class-token', 'mean-and-deviation'] as const;

/** The name of what a head reads. */
export type HeadPooling = (typeof headPoolings)[number];

/** The maps that a vector is made of, and the pooling of each. */
export interface PooledStages {
  /** Stages whose numbers are joined, in this order, counted from 0. */
  readonly stages: readonly number[];
  readonly pooling: Pooling;
}

/**
 * The choice of whatever names none: mean and deviation of all stages.
 *
 * @param channels of each stage
 */
export function defaultPooledStages(channels: readonly number[]): PooledStages {
  return { stages: [...channels.keys()], pooling: 'mean-and-deviation' };
}

/** Counts the numbers of a vector, given the channels of each stage. */
export function pooledChannels(
  { stages, pooling }: PooledStages,
  channels: readonly number[],
): number {
  const each = pooling === 'mean' ? 1 : 2;
  return stages.reduce((sum, stage) => sum + each * at(channels, stage), 0);
}

/** Names a pooling and its stages in words: `mean and deviation of stages 2, 3`. */
export function describePooledStages({ stages, pooling }: PooledStages): string {
  const noun = stages.length === 1 ? 'stage' : 'stages';
  return `${pooling.replaceAll('-', ' ')} of ${noun} ${stages.join(', ')}`;
}

/** Names the vectors of images in words: `mean and deviation of stages 2, 3, full view`. */
export function describeFeatures(chosen: PooledStages & { readonly view: string }): string {
  return `${describePooledStages(chosen)}, ${chosen.view} view`;
}
