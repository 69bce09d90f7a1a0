/** What a run tells whoever watches it. */
import type { PretrainPlan } from '../recipes/plan.js';
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

/** An image that was left out. */
export interface SkippedLine {
  /** The step that it was meant for. */
  readonly step: number;
  readonly path: string;
  readonly reason: string;
}

/** How a run ended. */
export interface Summary {
  readonly directory: string;
  readonly step: number;
  /** Mean of the last epoch; null before the end of the first. */
  readonly loss: number | null;
  readonly elapsedSeconds: number;
  /** Every image that was left out, once. */
  readonly skipped: readonly SkippedLine[];
}

export type PretrainEvent =
  | {
      readonly kind: 'started';
      readonly directory: string;
      readonly plan: PretrainPlan;
      readonly images: number;
      /** Files in the data folders that are no images. */
      readonly ignored: number;
      /** Numbers that are trained. */
      readonly parameters: number;
      /** Steps that were done before. */
      readonly step: number;
    }
  | {
      readonly kind: 'step';
      readonly metrics: Metrics;
      /** Whether `metrics.jsonl` has it too. */
      readonly logged: boolean;
      readonly secondsLeft: number;
    }
  | { readonly kind: 'epoch'; readonly metrics: Metrics; readonly sheet: string }
  | { readonly kind: 'watched'; readonly scores: WatchLine }
  | { readonly kind: 'skipped'; readonly image: SkippedLine }
  | { readonly kind: 'checkpoint'; readonly path: string; readonly step: number }
  | { readonly kind: 'finished' | 'interrupted'; readonly summary: Summary };
