import type { ChoiceEvent, RunEvent, StartEvent } from '../../training/recording/events.js';
import type { Metrics } from '../../training/run-files/metrics/metrics-line.js';
import type { StartReport } from '../../weights/initial/initial-weights.js';

/** An event of a fine-tuning run, for whoever listens to it. */
export type FinetuneEvent =
  | RunEvent
  | ChoiceEvent
  | (StartEvent & {
      readonly classes: readonly string[];
      /** Lines for people on the data. */
      readonly findings: readonly string[];
      /** The initial weights that the network took. Null from scratch and in a resumed run. */
      readonly fit: StartReport | null;
    })
  | { readonly kind: 'epoch'; readonly metrics: Metrics };
