/** Runs in the list, in one line each. */

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
