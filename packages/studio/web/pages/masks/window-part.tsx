/** Explains why a pyramid needs equal windows: a batch of all windows, with and without them. */
import type { JSX } from 'preact';
import { counted, percent } from '../../format.js';
import type { MaskSettings } from '../../masks/settings.js';
import { batchWindows } from '../../masks/windows.js';
import { maskOf } from './drawing/drawn-mask.js';
import { BatchChart, type ChartProps, WindowGrid } from './window-charts.js';

interface PartProps {
  readonly settings: MaskSettings;
  /** The window that is outlined. */
  readonly followed: number;
}

export function WindowPart({ settings, followed }: PartProps): JSX.Element {
  const batches = (['random', 'uniform'] as const).map((method) => {
    const { states, grid, window } = maskOf(method, settings);
    return batchWindows(states, grid, window);
  });
  const tallest = Math.max(...batches.map(({ most }) => most));
  const [random, uniform] = batches;
  return (
    <section class="section">
      <h2>Why windows have to be equal</h2>
      <p>
        Swin attends inside windows, and computes all of them in one product of matrices. That takes
        windows of the same number of tokens; where they differ, each is padded to the fullest, and
        padding costs what tokens cost. Uniform sampling keeps one unit of every cell, so a window
        of whole cells always holds the same number, wherever it stands and however the dice fall.
      </p>
      <div class="mask-batches">
        {random && <Batch title="Random" batch={random} tallest={tallest} followed={followed} />}
        {uniform && <Batch title="Uniform" batch={uniform} tallest={tallest} followed={followed} />}
      </div>
    </section>
  );
}

interface BatchProps extends ChartProps {
  readonly title: string;
}

function Batch({ title, ...chart }: BatchProps): JSX.Element {
  const { least, most, counts, padding } = chart.batch;
  const isEqual = least === most;
  return (
    <article class="card">
      <h3>{title}</h3>
      <div class="mask-batch">
        <WindowGrid {...chart} />
        <BatchChart {...chart} />
      </div>
      <p class="mask-batch-words">
        {isEqual ? (
          <>
            <strong>{most} in every window.</strong> One batch of {counted(counts.length, 'window')}{' '}
            of {counted(most, 'token')}, nothing padded.
          </>
        ) : (
          <>
            <strong>
              {least} to {most} in a window.
            </strong>{' '}
            Padded to {counts.length} windows of {most} tokens, {percent(padding, 0)} of the batch
            is empty.
          </>
        )}
      </p>
    </article>
  );
}
