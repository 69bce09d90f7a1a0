/** A run in full: its end, files, processes and logs. */
import type { FeatureFile } from './features.js';
import type { RunOrigin, RunSummary } from './runs.js';

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
