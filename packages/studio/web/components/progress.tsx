import type { JSX } from 'preact';
import type { RunSummary } from '../../shared/protocol/runs.js';
import { count, percent } from '../format.js';

/** The progress of a run, as a bar and in words. */
export function Progress({ run }: { readonly run: RunSummary }): JSX.Element {
  const share = run.steps === null ? 0 : Math.min(1, run.step / run.steps);
  const words =
    run.steps === null ? 'no step yet' : `${count(run.step)} of ${count(run.steps)} steps`;
  return (
    <span class="progress">
      <progress value={share} max={1} aria-label={words} />
      <span>
        {percent(share, 0)} <span class="quiet-text">epoch {Number(run.epoch.toFixed(1))}</span>
      </span>
    </span>
  );
}
