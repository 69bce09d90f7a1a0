/** The lines of `metrics.jsonl` and `skipped.jsonl`, whatever the task of the run. */

/** Several processes since the line before, each at the place of its number. */
export interface ProcessPaces {
  /** Images that it took in a second of its own work: of the time that it did not wait for others. */
  readonly imagesPerSecond: readonly number[];
  /** Seconds that it has waited for its images. */
  readonly dataWaitSeconds: readonly number[];
  /** Seconds that it has waited for the others: in exchanges that no computing hid. */
  readonly exchangeSeconds: readonly number[];
  /** The process that the others wait for: the one that waits the least for them. */
  readonly slowest: number;
}

/** A line of `metrics.jsonl` about training. */
export interface Metrics {
  /** `step`: of one optimizer step, rates since the line before. `epoch`: of a whole epoch. */
  readonly kind: 'step' | 'epoch';
  /** Optimizer steps done. */
  readonly step: number;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
  /** Mean over the batches; null when all their images were unreadable. */
  readonly loss: number | null;
  /** Parts of the loss by name, of tasks whose loss is a sum; of steps only. */
  readonly losses?: Readonly<Record<string, number | null>>;
  readonly learningRate: number;
  /**
   * The norm of the gradient before clipping; null when it overflowed and the step was left out.
   */
  readonly gradientNorm: number | null;
  readonly imagesPerSecond: number;
  /** Seconds that training has waited for images. */
  readonly dataWaitSeconds: number;
  /** Runs in several processes have it; of steps only. */
  readonly processes?: ProcessPaces;
  /** Memory of the process. */
  readonly residentBytes: number;
  /** Most that tensors have held at once. */
  readonly peakTensorBytes: number;
  /** Seconds of training so far, over all resumptions. */
  readonly elapsedSeconds: number;
}

/** Scores by their names; null where one could not be found. */
export type Scores = Readonly<Record<string, number | null>>;

/**
 * A line of `metrics.jsonl` about what a task has found of its network, between the epochs' lines.
 */
export interface ScoresLine {
  /**
   * `evaluation`: on images that it does not learn from; the best one keeps its weights. `watch`:
   * anything else.
   */
  readonly kind: 'watch' | 'evaluation';
  /** Optimizer steps done. */
  readonly step: number;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
  /** The time that the evaluation took. */
  readonly seconds: number;
  /** The scores, by their names. */
  readonly [score: string]: number | string | null;
}

/** Any line of `metrics.jsonl`. */
export type MetricsLine = Metrics | ScoresLine;

/** An image that was left out. */
export interface SkippedLine {
  /** The step that it was meant for. */
  readonly step: number;
  readonly path: string;
  readonly reason: string;
}
