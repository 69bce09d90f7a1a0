/** The curves of a run. */

/** Columns that a curve may have as its x. */
export const axes = ['step', 'epoch', 'hours'] as const;
export type Axis = (typeof axes)[number];

/** Numbers of single steps that are drawn as curves. */
export const stepColumns = [
  'loss',
  'learningRate',
  'gradientNorm',
  'imagesPerSecond',
  'dataWaitSeconds',
  'residentBytes',
  'peakTensorBytes',
  // The extremes of several processes.
  'slowestImagesPerSecond',
  'fastestImagesPerSecond',
  'longestDataWait',
  'longestExchange',
  'shortestExchange',
] as const;
export type StepColumn = (typeof stepColumns)[number];

export type Numbers = readonly (number | null)[];

/** A curve whose points may each stand for several lines. */
export interface ThinnedCurve {
  readonly mean: Numbers;
  /** The extremes; empty where every point is one line. */
  readonly low: Numbers;
  readonly high: Numbers;
}

/** A curve with a point for every line that has it. */
export interface SparseCurve {
  readonly x: Readonly<Record<Axis, readonly number[]>>;
  readonly y: readonly number[];
  /** A range around `y`; none where every point is one line. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
}

/** `GET /api/runs/:id/series?points=N&axis=AXIS&from=X&to=X` */
export interface Series {
  readonly x: Readonly<Record<Axis, readonly number[]>>;
  readonly curves: Readonly<Record<StepColumn, ThinnedCurve>>;
  /**
   * The values per epoch that the run has, by the name of the score. Losses are `epochLoss` and
   * `evaluationLoss`.
   */
  readonly epochs: Readonly<Record<string, SparseCurve>>;
  /** Lines that were read. */
  readonly lines: number;
  /** Lines that could not be understood. */
  readonly damaged: number;
  /** Whether the whole file has been read; otherwise more comes soon. */
  readonly isComplete: boolean;
  /** Whether the file is longer than what is read of any. */
  readonly isCut: boolean;
}
