import type { RunEvent, StartEvent } from '../../training/events.js';
import type { Metrics } from '../../training/run-files/metrics-line.js';
import type { ClassifierFit } from '../../weights/classifier-weights.js';

/** What a run of fine-tuning tells whoever watches it. */
export type FinetuneEvent =
  | RunEvent
  | (StartEvent & {
      readonly classes: readonly string[];
      /** What the classifier has taken over; null from scratch, and when a run goes on. */
      readonly fit: Omit<ClassifierFit, 'tensors'> | null;
    })
  | { readonly kind: 'epoch'; readonly metrics: Metrics };
