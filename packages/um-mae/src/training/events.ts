/** What a run tells whoever watches it. */
import type { ClassificationScores } from '../evaluation/classification.js';
import type { RecipeName } from '../recipes/kind.js';
import type { Plan } from '../recipes/plan.js';
import type { ClassifierFit } from '../weights/classifier-weights.js';
import type { WatchScores } from './watching/watch.js';

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

/** One line of `metrics.jsonl`. */
export interface Metrics {
  /** `step`: of one optimizer step, rates since the line before. `epoch`: of a whole epoch. */
  readonly kind: 'step' | 'epoch';
  /** Optimizer steps done. */
  readonly step: number;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
  /** Mean over the batches; null when all their images were unreadable. */
  readonly loss: number | null;
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

/** How a run ended. */
export interface Summary {
  readonly task: RecipeName;
  readonly directory: string;
  readonly step: number;
  /** Mean of the last epoch; null before the end of the first. */
  readonly loss: number | null;
  /** The best evaluation; null where there was none. */
  readonly best: EvaluationLine | null;
  readonly elapsedSeconds: number;
  /** Every image that was left out, once. */
  readonly skipped: readonly SkippedLine[];
}

/** What runs of all tasks tell. */
export type RunEvent =
  | {
      readonly kind: 'step';
      readonly metrics: Metrics;
      /** Whether `metrics.jsonl` has it too. */
      readonly logged: boolean;
      readonly secondsLeft: number;
    }
  | { readonly kind: 'skipped'; readonly image: SkippedLine }
  | { readonly kind: 'checkpoint'; readonly path: string; readonly step: number }
  | { readonly kind: 'finished' | 'interrupted'; readonly summary: Summary };

/** The first event of a run. */
export interface StartEvent {
  readonly kind: 'started';
  readonly directory: string;
  readonly plan: Plan;
  readonly images: number;
  /** Files in the data folders that are no images. */
  readonly ignored: number;
  /** Numbers that are trained. */
  readonly parameters: number;
  /** Steps that were done before. */
  readonly step: number;
}

export type PretrainEvent =
  | RunEvent
  | StartEvent
  | { readonly kind: 'epoch'; readonly metrics: Metrics; readonly sheet: string }
  | { readonly kind: 'watched'; readonly scores: WatchLine };

export type FinetuneEvent =
  | RunEvent
  | (StartEvent & {
      readonly classes: readonly string[];
      /** What the classifier has taken over; null from scratch, and when a run goes on. */
      readonly fit: Omit<ClassifierFit, 'tensors'> | null;
    })
  | { readonly kind: 'epoch'; readonly metrics: Metrics }
  | {
      readonly kind: 'evaluated';
      readonly scores: EvaluationLine;
      /** Whether no evaluation before was as good. */
      readonly best: boolean;
      /** The picture of the confusion matrix. */
      readonly picture: string;
    };
