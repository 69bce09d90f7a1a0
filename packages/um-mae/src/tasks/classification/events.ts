import type { RunEvent, StartEvent } from '../../training/events.js';
import type { Metrics } from '../../training/run-files/metrics-line.js';
import type { FitReport } from './finetune-task.js';

/** An event of a fine-tuning run, for whoever listens to it. */
export type FinetuneEvent =
  | RunEvent
  | (StartEvent & {
      readonly classes: readonly string[];
      /**
       * The weights that the classifier was initialised with. Null from scratch and in a resumed
       * run.
       */
      readonly fit: FitReport | null;
    })
  | { readonly kind: 'epoch'; readonly metrics: Metrics };
