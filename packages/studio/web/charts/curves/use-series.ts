/** Curves of runs, as they grow. */
import { useEffect, useState } from 'preact/hooks';
import type { Series } from '../../../shared/protocol/series.js';
import { useLive } from '../../live.js';
import { fetchJson } from '../../server-data.js';
import type { CurveSettings } from './curve-settings.js';

/** Points that a figure can show. */
const points = 600;
/** While the server is still reading a long file. */
const againMs = 300;

/** @returns the curves of each run that have come so far, by its id */
export function useSeries(
  ids: readonly string[],
  { axis, range }: CurveSettings,
): ReadonlyMap<string, Series> {
  const [found, setFound] = useState<ReadonlyMap<string, Series>>(new Map());
  const { runs } = useLive();
  const query = range ? `&axis=${axis}&from=${range.from}&to=${range.to}` : '';
  const revisions = ids.map((id) => `${id} ${runs.get(id) ?? 0}`).join();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    for (const id of ids) {
      void followSeries(`/api/runs/${id}/series?points=${points}${query}`, signal, (series) =>
        setFound((before) => new Map([...before, [id, series]])),
      );
    }
    return () => controller.abort();
  }, [revisions, query]);
  return found;
}

/**
 * Fetches until the server has read all there is. The page of the run reports failures.
 */
async function followSeries(
  address: string,
  signal: AbortSignal,
  onSeries: (series: Series) => void,
): Promise<void> {
  try {
    while (!signal.aborted) {
      const series = await fetchJson<Series>(address, signal);
      if (signal.aborted) return;
      onSeries(series);
      if (series.isComplete) return;
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  } catch {
    // What has been drawn stays.
  }
}
