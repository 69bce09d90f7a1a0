/** The evaluation of a network on images that it is not trained on. */
import type { PartOptions } from '../data/loading/in-parts.js';
import type { SkippedImage } from '../data/loading/unreadable.js';
import type { Scores } from './run-files/metrics/metrics-line.js';

/** The device and the batches of an evaluation. */
export interface EvaluationOptions extends PartOptions {
  /** The device of the network. */
  readonly device: string;
  /** Decoding threads. Default 1. */
  readonly workers?: number | undefined;
  /** Images that are computed at once. Default: as many as the task finds right. */
  readonly batchSize?: number | undefined;
  /** Epochs done, for titles; undefined for a network that no run trains. */
  readonly epoch?: number | undefined;
  /**
   * Called with the number of images that have been evaluated, and of all; of several processes in
   * the one that leads.
   */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Counts images that have been evaluated, for whoever follows an evaluation. */
export function imageCounter(
  { onProgress }: Pick<EvaluationOptions, 'onProgress'>,
  total: number,
): (images: number) => void {
  let done = 0;
  return (images) => {
    done += images;
    onProgress?.(done, total);
  };
}

/** The scores of a network on images that it was not trained on. */
export interface Evaluation<Found extends Scores = Scores> {
  /** The scores by name; one of them is the primary score of the task, where it has one. */
  readonly scores: Found;
  /** Images that were evaluated on, and those of them that could not be read. */
  readonly images: number;
  readonly skipped: readonly SkippedImage[];
  /** Details that scores leave out, for programs: values of JSON by their names. */
  readonly details?: object;
  /** Lines for people on what scores leave out. Default: none. */
  readonly notes?: readonly string[];
  /** A PNG of it, by what it shows; none where there is nothing to see. */
  readonly picture?: { readonly name: string; readonly draw: () => Promise<Buffer> };
  /** Computes the contents of `results.json`, if this is the best evaluation so far. */
  readonly results?: (moment: Moment) => Promise<object>;
}

/** The time of an evaluation. */
export interface Moment {
  /** Optimizer steps done. */
  readonly step: number;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
}
