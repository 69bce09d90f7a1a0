import type { ChoiceEvent, RunEvent, StartEvent } from '../../training/recording/events.js';
import type { Metrics, ScoresLine } from '../../training/run-files/metrics/metrics-line.js';
import type { StartReport } from '../../weights/initial/initial-weights.js';
import type { WatchScores } from './watch/watch.js';

/** A line of `metrics.jsonl` about the features. */
export type WatchLine = ScoresLine & WatchScores;

/** An event of a pre-training run, for whoever listens to it. */
export type PretrainEvent =
  | RunEvent
  | (StartEvent & {
      /** The initial weights that the network took. Null from scratch and in a resumed run. */
      readonly fit: StartReport | null;
    })
  | ChoiceEvent
  | { readonly kind: 'epoch'; readonly metrics: Metrics; readonly sheet: string }
  | { readonly kind: 'watched'; readonly scores: WatchLine };
