/** A thread that reads the numbers of runs, and thins them to what a page draws. */
import { setTimeout } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { NotFoundError } from '../errors.js';
import { ShownFolder } from '../files/inside.js';
import { answerQuestions } from '../threads/answer-questions.js';
import { MetricsIndex } from './metrics-index.js';
import { type SeriesRequest, seriesOf } from './series.js';

/** The curves of a file that a page draws. */
export interface SeriesQuestion {
  /** Parts of the path below the folder that is shown. */
  readonly parts: readonly string[];
  readonly request: SeriesRequest;
}

/** A long file is read on while the first part of it is drawn. */
const patienceMs = 300;
/** Numbers of so many runs, or of so many lines, are kept: some ten megabytes for 100,000. */
const mostKept = { runs: 32, rows: 2 ** 23 } as const;

/** The numbers of the runs that were asked for last, the last one at the end. */
const kept = new Map<string, MetricsIndex>();
const folder = ShownFolder.open(workerData as string);

answerQuestions<SeriesQuestion>(
  async ({ parts, request }) => {
    const index = keptOf(parts.join('/'));
    const reading = update(index, parts);
    // It fails when the run is deleted meanwhile: the next question says so.
    reading.catch(() => {});
    await Promise.race([reading, setTimeout(patienceMs)]);
    return JSON.stringify(seriesOf(index, request));
  },
  ({ parts }) => parts.join('/'),
);

async function update(index: MetricsIndex, parts: readonly string[]): Promise<void> {
  const shown = await folder;
  try {
    await index.update((body) => shown.withFile(parts, body));
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    // There is no file, or not yet.
    index.settle();
  }
}

function keptOf(key: string): MetricsIndex {
  const index = kept.get(key) ?? new MetricsIndex();
  kept.delete(key);
  kept.set(key, index);
  let rows = [...kept.values()].reduce((sum, one) => sum + one.rows, 0);
  for (const [old, { rows: own }] of kept) {
    if (old === key || (kept.size <= mostKept.runs && rows <= mostKept.rows)) break;
    kept.delete(old);
    rows -= own;
  }
  return index;
}
