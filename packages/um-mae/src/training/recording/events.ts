/** The events of a run, for whoever listens to it. */
import type { Remark } from '../../data/sources/remarks.js';
import type { BudgetChoice } from '../../recipes/budget/choose.js';
import type { Plan } from '../../recipes/schedule/plan.js';
import type { Metrics, ScoresLine, SkippedLine } from '../run-files/metrics/metrics-line.js';
import type { Precision } from '../steps/precision.js';

/** The end of a run. */
export interface Summary {
  /** The command that goes on with the run. */
  readonly command: string;
  /** The name of the task in recipes. */
  readonly task: string;
  readonly directory: string;
  readonly step: number;
  /** Mean of the last epoch; null before the end of the first. */
  readonly loss: number | null;
  /** The best evaluation; null where there was none. */
  readonly best: ScoresLine | null;
  readonly elapsedSeconds: number;
  /** Every image that was left out, once. */
  readonly skipped: readonly SkippedLine[];
}

/** An event that runs of all tasks have. */
export type RunEvent =
  | {
      readonly kind: 'step';
      readonly metrics: Metrics;
      /** Whether `metrics.jsonl` has it too. */
      readonly logged: boolean;
      /** Null before there is a step to judge by. */
      readonly secondsLeft: number | null;
    }
  /** Once: how long the rest of the run takes, by its first steps. */
  | { readonly kind: 'estimated'; readonly step: number; readonly secondsLeft: number }
  /** A run with a budget of time has got another length, to end on time. */
  | {
      readonly kind: 'revised';
      /** Steps done, and the length of the whole run from now on. */
      readonly step: number;
      readonly steps: number;
      readonly elapsedSeconds: number;
    }
  | { readonly kind: 'skipped'; readonly image: SkippedLine }
  | {
      readonly kind: 'evaluated';
      readonly scores: ScoresLine;
      /** Whether no evaluation before was as good. */
      readonly best: boolean;
      /** The path of the evaluation's picture. Null if there is none. */
      readonly picture: string | null;
    }
  | { readonly kind: 'checkpoint'; readonly path: string; readonly step: number }
  | { readonly kind: 'finished' | 'interrupted'; readonly summary: Summary }
  /** The run ends by an error, which is thrown after this event. */
  | {
      readonly kind: 'failed';
      /** Sentences for the user. */
      readonly reason: string;
      /** The step of the last checkpoint; null where there is none. */
      readonly savedStep: number | null;
      readonly summary: Summary;
    };

/** The event before the first one of a run with a budget of time: what was chosen, and why. */
export interface ChoiceEvent {
  readonly kind: 'chosen';
  readonly choice: BudgetChoice;
}

/** The first event of a run. */
export interface StartEvent {
  readonly kind: 'started';
  readonly directory: string;
  readonly plan: Plan;
  readonly images: number;
  /** Files in the data folders that are no images. */
  readonly ignored: number;
  /** Notes on things passed over, and on choices where the images can be read in two ways. */
  readonly remarks: readonly Remark[];
  /** Numbers that are trained. */
  readonly parameters: number;
  /** The precision of matrix products. */
  readonly precision: Precision;
  /** Steps that were done before. */
  readonly step: number;
}
