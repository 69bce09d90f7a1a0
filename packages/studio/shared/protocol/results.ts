/** The results of the best weights of a run, by task. */
import type { DetectionResults } from './detection-results.js';

/**
 * `GET /api/runs/:id/results`
 *
 * @template Results the form of the task of the run
 */
export interface RunResults<Results extends TaskResults = TaskResults> {
  readonly classes: readonly string[];
  /** Null where the run keeps none. */
  readonly best: Results | null;
}

/** The results of some task: what the best weights of a run get right and wrong. */
export type TaskResults = ClassificationResults | SegmentationResults | DetectionResults;

/** The results of a classifier. */
export interface ClassificationResults {
  readonly step: number;
  readonly epoch: number;
  /** [true class, predicted class, images] */
  readonly confusion: readonly (readonly [number, number, number])[];
  /** The images that are recognised; null where none could be read. */
  readonly recognised: {
    readonly images: number;
    readonly share: number;
    /** 95 % interval of the share, by Wilson. */
    readonly interval: readonly [low: number, high: number];
    /** The share that naming the commonest class alone gets right. */
    readonly chance: number;
  } | null;
  /** Scores of every class; null where there are no images to compute one from. */
  readonly classScores: readonly {
    readonly label: number;
    /** Images of the class. */
    readonly images: number;
    readonly precision: number | null;
    readonly recall: number | null;
    readonly f1: number | null;
  }[];
  readonly mistakes: readonly {
    readonly path: string;
    readonly label: number;
    readonly predicted: number;
    readonly probabilities: { readonly label: number; readonly predicted: number };
    /** A JPEG in base64. */
    readonly picture: string | null;
  }[];
}

/** The results of a segmentor. */
export interface SegmentationResults {
  readonly step: number;
  readonly epoch: number;
  readonly meanIou: number;
  readonly pixelAccuracy: number;
  readonly classes: readonly {
    readonly name: string;
    /** Red, green and blue, 0 to 255. */
    readonly colour: readonly [number, number, number];
    /** Pixels of the label. */
    readonly labelled: number;
    /** Null where there are no pixels to compute it from. */
    readonly iou: number | null;
    readonly accuracy: number | null;
    readonly dice: number | null;
  }[];
  /** Images of the least share of right pixels, with PNGs in base64. */
  readonly worst: readonly {
    readonly path: string;
    readonly pixelAccuracy: number;
    readonly picture: string;
    readonly label: string;
    readonly prediction: string;
  }[];
}
