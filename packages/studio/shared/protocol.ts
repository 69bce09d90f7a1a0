/** The messages between server and page, in JSON. */

/**
 * `running`: at work now; `stalled`: at work, but silent for longer than it should be; `finished`:
 * all its steps are done; `stopped`: ended early, just after a checkpoint; `failed`: ended early,
 * and what came after its last checkpoint is lost, or ended by an error; `unreadable`: not a run
 * that this version understands.
 */
export type RunState = 'running' | 'stalled' | 'finished' | 'stopped' | 'failed' | 'unreadable';

/** A run in one line. */
export interface RunSummary {
  /** Names the run in addresses; says nothing about where it is. */
  readonly id: string;
  /** Path below the folder that is shown. */
  readonly name: string;
  readonly state: RunState;
  /** One sentence on what is wrong with it, or null. */
  readonly problem: string | null;
  readonly task: string | null;
  /** The command that trains it, `pretrain` or `finetune`. */
  readonly command: string | null;
  /** `swin-tiny`, or what it is made of. */
  readonly model: string;
  /** `um-mae`, `classification` and so on. */
  readonly method: string;
  readonly step: number;
  /** Planned; null before the first line of metrics. */
  readonly steps: number | null;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
  readonly loss: number | null;
  readonly imagesPerSecond: number | null;
  readonly secondsLeft: number | null;
  /** The duration of training so far. */
  readonly elapsedSeconds: number;
  /** The newest score of an evaluation or a probe. */
  readonly score: {
    readonly name: string;
    readonly value: number;
    readonly isShare: boolean;
  } | null;
  /** The time of the last write, in milliseconds since 1970. */
  readonly updatedMs: number;
  /** Losses can be compared where this is the same. */
  readonly lossKind: string;
  /** The same for runs whose recipes differ in nothing but the seed and the initial weights. */
  readonly recipeDigest: string;
  /** Null where they are damaged. */
  readonly notes: RunNotes | null;
}

/** Tags and a note that people have made: `PUT /api/runs/:id/notes` replaces them. */
export interface RunNotes {
  readonly tags: readonly string[];
  readonly note: string;
  /** Changes with every change; a replacement names the one that it replaces. */
  readonly revision: string;
}

/** A run in the list, beside others. */
export interface ListedRun extends RunSummary {
  /** Values of the recipe, by their paths, in which listed runs differ that have them. */
  readonly values: Readonly<Record<string, string>>;
  /** The initial weights; null for a run from scratch. */
  readonly origin: RunOrigin | null;
}

/** The origin of the first weights of a run. */
export interface RunOrigin {
  /** The path of the weights, as the recipe names it. */
  readonly from: string;
  /** The run that they belong to; null where it is not in the folder. */
  readonly run: { readonly id: string; readonly name: string } | null;
}

/** `GET /api/runs` */
export interface RunList {
  /** The folder that is shown, as the user wrote it. */
  readonly folder: string;
  /** The program as the user has started it, for hints that can be pasted: `npx um-mae`. */
  readonly command: string;
  readonly runs: readonly ListedRun[];
}

/** An epoch's picture: of reconstructions, or of a confusion matrix. */
export interface EpochPicture {
  readonly epoch: number;
  /** Changes when the file does. */
  readonly version: string;
}

/** The places of the images in a sheet of reconstructions, in pixels of the sheet. */
export interface SheetPlaces {
  /** The left edge of the first image. */
  readonly left: number;
  readonly top: number;
  /** The width of each image. */
  readonly width: number;
  readonly height: number;
  /** The step from one image to the next. */
  readonly across: number;
  readonly down: number;
  /** Side of a mask unit. */
  readonly unit: number;
  /** Pixels of the sheet for one of the image, along each side. */
  readonly factor: number;
}

/** An image that was left out. */
export interface SkippedFile {
  readonly step: number;
  readonly path: string;
  readonly reason: string;
}

/** One of several processes that train together, since the last line but one. */
export interface ShownProcess {
  /** Null where `environment.json` does not tell it. */
  readonly host: string | null;
  readonly device: string | null;
  /** Images that it took in a second in which it did not wait for others. */
  readonly imagesPerSecond: number;
  /** Seconds that it has waited for its images. */
  readonly dataWaitSeconds: number;
  /** Seconds that it has waited for the others. */
  readonly exchangeSeconds: number;
}

/** The processes of a run, by their numbers. */
export interface ShownProcesses {
  readonly processes: readonly ShownProcess[];
  /** The number of the one that the others wait for. */
  readonly slowest: number;
  /** Optimizer steps done. */
  readonly step: number;
}

/** `GET /api/runs/:id` */
export interface RunDetails {
  readonly summary: RunSummary;
  /** The program and the run as they are typed in a shell, for hints that can be pasted. */
  readonly typed: { readonly command: string; readonly run: string };
  /** The way in which the run ended before its time, and goes on; null where it has not. */
  readonly ending: {
    /** Sentences on the error; null where the run has told none. */
    readonly reason: string | null;
    /** The step of the last checkpoint; null where there is none. */
    readonly savedStep: number | null;
    /** The command that goes on with it. */
    readonly command: string;
  } | null;
  /** The initial weights; null for a run from scratch. */
  readonly origin: RunOrigin | null;
  /** The recipe as it is written in the run. */
  readonly recipe: string;
  /** The contents of `environment.json`, as paths and values. */
  readonly environment: readonly (readonly [string, string])[];
  /** Null for a run in one process. */
  readonly processes: ShownProcesses | null;
  /** The first ones. */
  readonly skipped: readonly SkippedFile[];
  /** Whether there are more than `skipped` holds. */
  readonly moreSkipped: boolean;
  readonly pictures: readonly EpochPicture[];
  /** Null where pictures are no sheets of reconstructions. */
  readonly sheet: SheetPlaces | null;
  readonly features: readonly FeatureFile[];
  /** Names of the log files in the run. */
  readonly logs: readonly string[];
}

/** `GET /api/runs/:id/logs/:number`: the end of a log file. */
export interface LogText {
  readonly name: string;
  readonly text: string;
  /** Whether the file is longer. */
  readonly isCut: boolean;
}

/** `GET /api/values?runs=ID,ID`: the values in which recipes differ. */
export interface RecipeValues {
  readonly rows: readonly {
    /** Dotted path. */
    readonly path: string;
    /** The value of each run; null where its recipe has none. */
    readonly values: readonly (string | null)[];
  }[];
}

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

/** Left, top, width and height in pixels of the whole image. */
export type ObjectBox = readonly [left: number, top: number, width: number, height: number];

/** A mask in COCO's compressed form. */
export interface ObjectMask {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

/** Average precision and recall of a class; null where no object is expected. */
export interface ObjectScores {
  readonly ap: number | null;
  readonly ap50: number | null;
  readonly ap75: number | null;
  readonly recall: number | null;
}

/** An image with its objects, and with those that were found. */
export interface ComparedImage {
  readonly path: string;
  /** The size that boxes and masks are written by. */
  readonly width: number;
  readonly height: number;
  /** A JPEG in base64, made small. */
  readonly picture: string;
  readonly objects: readonly {
    readonly label: number;
    readonly box: ObjectBox;
    readonly mask?: ObjectMask | undefined;
    readonly isCrowd: boolean;
    readonly isMissed: boolean;
  }[];
  /** The best first; verdicts are those at `leastScore`. */
  readonly found: readonly {
    readonly label: number;
    readonly box: ObjectBox;
    readonly mask?: ObjectMask | undefined;
    readonly score: number;
    readonly verdict: 'right' | 'wrong-class' | 'false' | 'ignored' | null;
  }[];
}

/** The results of a detector of boxes, or of boxes and masks. */
export interface DetectionResults {
  readonly step: number;
  readonly epoch: number;
  /** COCO's twelve numbers by their names. */
  readonly boxes: Readonly<Record<string, number | null>>;
  readonly masks?: Readonly<Record<string, number | null>> | undefined;
  readonly classes: readonly {
    readonly name: string;
    readonly objects: number;
    readonly boxes: ObjectScores;
    readonly masks?: ObjectScores | undefined;
  }[];
  /** Precision at recalls 0, 0.01 ... 1, of each class at some overlaps. */
  readonly curves: readonly {
    readonly label: number;
    readonly by: 'box' | 'mask';
    readonly overlap: number;
    readonly precision: readonly number[];
  }[];
  /** The score from which on objects count in `confusion` and in verdicts. */
  readonly leastScore: number;
  /**
   * Rows are true classes, and last the background; columns found ones, and last nothing. Empty of
   * more than 1,000 classes.
   */
  readonly confusion: readonly (readonly number[])[];
  /** The images of most mistakes for their objects, the worst first. */
  readonly worst: readonly ComparedImage[];
}

/** A file of features in a run, in one line. */
export interface FeatureFile {
  /** The name of the file, without its folder. */
  readonly name: string;
  /** Changes when the file does. */
  readonly version: string;
}

/** `GET /api/runs/:id/features/:name` */
export interface FeatureMap {
  /** The names of the images. */
  readonly paths: readonly string[];
  /** The class of each image, as a place in `classes`; null where none is known. */
  readonly labels: readonly (number | null)[];
  /** The names of the classes, in the order of their numbers. */
  readonly classes: readonly string[];
  /** The stages of the encoder whose features these are. */
  readonly stages: readonly number[];
  /** The numbers that stand for the map of a stage: `mean`, or `mean-and-deviation`. */
  readonly pooling: string;
  readonly channels: number;
  /**
   * Numbers of each image in `GET /api/runs/:id/features/:name/components`: f32 [images,
   * components].
   */
  readonly components: number;
  /** Share of the variance that each component has. */
  readonly explained: readonly number[];
}

/** An image that is like another. */
export interface SimilarImage {
  /** The place of the image among those of the file. */
  readonly image: number;
  /** Cosine of the angle between standardised features. */
  readonly similarity: number;
}

/** `GET /api/runs/:id/features/:name/similar/:image`, and `POST .../similar` of an image */
export interface SimilarImages {
  /** The most similar one first. */
  readonly similar: readonly SimilarImage[];
}

/** `POST /api/runs/:id/maps` of an image: what the encoder of the run makes of it. */
export interface StageMaps {
  /** A PNG in base64: the image as the encoder sees it. */
  readonly input: string;
  readonly pictures: readonly {
    /** Counted from 0. */
    readonly stage: number;
    readonly kind: 'features' | 'attention';
    readonly rows: number;
    readonly columns: number;
    /**
     * The range of the picture. For attention: the least and the most, where 1 is even. For
     * features: 0, and the share of the variance that is shown.
     */
    readonly range: readonly [number, number];
    /** A PNG in base64. */
    readonly png: string;
  }[];
}

/** Every message of `GET /api/live`: runs that are new, gone or other than before. */
export interface LiveChange {
  readonly changed: readonly string[];
}
