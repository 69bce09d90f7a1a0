import type { RunEvent, StartEvent } from '../../training/events.js';
import type { Metrics, WatchLine } from '../../training/run-files/metrics-line.js';

/** What a run of pre-training tells whoever watches it. */
export type PretrainEvent =
  | RunEvent
  | StartEvent
  | { readonly kind: 'epoch'; readonly metrics: Metrics; readonly sheet: string }
  | { readonly kind: 'watched'; readonly scores: WatchLine };
