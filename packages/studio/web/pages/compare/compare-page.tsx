/** The page that compares several runs. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ListedRun, RunList } from '../../../shared/protocol/runs.js';
import type { Series } from '../../../shared/protocol/series.js';
import { averageOf } from '../../charts/curves/average.js';
import {
  CurveControls,
  type CurveSettings,
  plainCurves,
} from '../../charts/curves/curve-settings.js';
import { RunCurves, type RunSeries } from '../../charts/curves/run-curves.js';
import { useSeries } from '../../charts/curves/use-series.js';
import { seriesToken } from '../../charts/plot/palette.js';
import { RecipeDifferences } from '../../components/recipe-differences.js';
import { useLive } from '../../live.js';
import { goTo, type PageProps } from '../../routing.js';
import { useJson } from '../../server-data.js';
import { groupsOf, type RunGroup } from '../runs/run-groups.js';
import { ComparedRuns } from './compared-runs.js';
import { ScoreByValue } from './score-by-value.js';

export function ComparePage({ query }: PageProps): JSX.Element {
  const requested = query.get('runs') ?? '';
  const isGrouped = query.get('group') === '1';
  const ids = useMemo(() => requested.split(',').filter(Boolean), [requested]);
  const { revision } = useLive();
  const { value: list } = useJson<RunList>('/api/runs', revision);
  const [settings, setSettings] = useState<CurveSettings>(plainCurves);
  const series = useSeries(ids, settings);
  const runs = ids.flatMap((id) => list?.runs.find((run) => run.id === id) ?? []);
  const groups = isGrouped ? groupsOf(runs, list?.runs ?? []) : runs.map(alone);
  const names = groups.map(({ name }) => name).join('\n');
  const drawn = useMemo(() => drawnOf(groups, series), [names, series]);
  return (
    <>
      <h1>Compare {ids.length} runs</h1>
      {list && runs.length < ids.length && (
        <p class="notice">
          {ids.length - runs.length} of them cannot be found any more. <a href="/">See all runs</a>.
        </p>
      )}
      <ComparedRuns groups={groups} />
      <h2 class="section">Curves</h2>
      <LossKinds runs={runs} />
      <CurveControls settings={settings} onChange={setSettings}>
        <label>
          <input
            type="checkbox"
            checked={isGrouped}
            onChange={({ currentTarget: { checked } }) =>
              goTo(`/compare?runs=${requested}${checked ? '&group=1' : ''}`, { replace: true })
            }
          />{' '}
          Mean of seeds
        </label>
      </CurveControls>
      <RunCurves
        runs={drawn}
        settings={settings}
        onZoom={(from, to) => setSettings({ ...settings, range: { from, to } })}
      />
      {runs.length > 1 && (
        <>
          <ScoreByValue runs={runs} />
          <h2 class="section">Recipes</h2>
          <RecipeDifferences runs={runs} />
        </>
      )}
    </>
  );
}

function alone(run: ListedRun): RunGroup {
  return { key: run.id, name: run.name, runs: [run] };
}

/** The curves of each group: their mean, or those of every run where it has none. */
function drawnOf(
  groups: readonly RunGroup[],
  series: ReadonlyMap<string, Series>,
): readonly RunSeries[] {
  const isAlone = groups.length === 1 && groups[0]?.runs.length === 1;
  return groups.flatMap(({ name, runs }, i): RunSeries[] => {
    const colour = seriesToken(i);
    const found = runs.flatMap((run) => series.get(run.id) ?? []);
    const mean = found.length === runs.length && runs.length > 1 ? averageOf(found) : undefined;
    if (mean) {
      const lossKind = runs[0]?.lossKind ?? '';
      const title = `${name}, mean of ${runs.length}`;
      return [{ name: title, series: mean, lossKind, colour, isMean: true, isAlone }];
    }
    return runs.flatMap(({ id, name, lossKind }) => {
      const own = series.get(id);
      return own ? [{ name, series: own, lossKind, colour, isMean: false, isAlone }] : [];
    });
  });
}

/** A word of warning where the losses of runs are of several kinds. */
function LossKinds({ runs }: { readonly runs: readonly ListedRun[] }): JSX.Element | null {
  const kinds = [...new Set(runs.map(({ lossKind }) => lossKind).filter(Boolean))];
  if (kinds.length < 2) return null;
  return (
    <p class="notice">
      The losses of these runs cannot be compared, and are drawn apart: {kinds.join('; ')}.
    </p>
  );
}
