/** The lines of `metrics.jsonl` and `skipped.jsonl`, whatever the task of the run. */

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
  /** Before clipping; null when it overflowed and the step was left out. */
  readonly gradientNorm: number | null;
  readonly imagesPerSecond: number;
  /** Seconds that training has waited for images. */
  readonly dataWaitSeconds: number;
  /** Memory of the process. */
  readonly residentBytes: number;
  /** Most that tensors have held at once. */
  readonly peakTensorBytes: number;
  /** Seconds of training so far, over all resumptions. */
  readonly elapsedSeconds: number;
}

/** How good the features of a backbone are. */
export interface WatchScores {
  /** Dimensions that the features use. */
  readonly rankMe: number;
  /** Accuracy of the nearest neighbours; null without labels. */
  readonly neighbours: number | null;
  /** Accuracy of a linear probe; null without labels. */
  readonly linearProbe: number | null;
}

/** A line of `metrics.jsonl` about the features, between the epochs' lines. */
export interface WatchLine extends WatchScores {
  readonly kind: 'watch';
  /** Optimizer steps done. */
  readonly step: number;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
  /** That the look has taken. */
  readonly seconds: number;
}

/** How well a classifier tells the classes of images apart. */
export interface ClassificationScores {
  /** Share of the images whose class is the most likely one. */
  readonly topOne: number;
  /** Share of the images whose class is among the five most likely ones. */
  readonly topFive: number;
  /** `topOne` of each class, averaged over the classes that occur. */
  readonly perClass: number;
  /** Mean cross-entropy. */
  readonly loss: number;
  /** Images that could be read. */
  readonly images: number;
}

/** A line of `metrics.jsonl` about a classifier on images that it does not learn from. */
export interface EvaluationLine extends ClassificationScores {
  readonly kind: 'evaluation';
  /** Optimizer steps done. */
  readonly step: number;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
  /** That the evaluation has taken. */
  readonly seconds: number;
}

/** Any line of `metrics.jsonl`. */
export type MetricsLine = Metrics | WatchLine | EvaluationLine;

/** An image that was left out. */
export interface SkippedLine {
  /** The step that it was meant for. */
  readonly step: number;
  readonly path: string;
  readonly reason: string;
}
