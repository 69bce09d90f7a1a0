/** The page that compares several runs. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { RunList } from '../../../shared/protocol.js';
import { CurveControls, type CurveSettings, plainCurves } from '../../charts/curve-settings.js';
import { seriesToken } from '../../charts/palette.js';
import { RunCurves } from '../../charts/run-curves.js';
import { useSeries } from '../../charts/use-series.js';
import { RecipeDifferences } from '../../components/recipe-differences.js';
import { RunStateMark } from '../../components/run-state.js';
import { scored, significant } from '../../format.js';
import { useLive } from '../../live.js';
import type { PageProps } from '../../routing.js';
import { useJson } from '../../server-data.js';

export function ComparePage({ query }: PageProps): JSX.Element {
  const requested = query.get('runs') ?? '';
  const ids = useMemo(() => requested.split(',').filter(Boolean), [requested]);
  const { revision } = useLive();
  const { value: list } = useJson<RunList>('/api/runs', revision);
  const [settings, setSettings] = useState<CurveSettings>(plainCurves);
  const series = useSeries(ids, settings);
  const runs = ids.flatMap((id) => list?.runs.find((run) => run.id === id) ?? []);
  const names = runs.map(({ name }) => name).join('\n');
  const drawn = useMemo(
    () =>
      runs.flatMap(({ id, name }) => {
        const found = series.get(id);
        return found ? [{ name, series: found }] : [];
      }),
    [names, series],
  );
  const [first, ...others] = runs;
  return (
    <>
      <h1>Compare {ids.length} runs</h1>
      {list && runs.length < ids.length && (
        <p class="notice">
          {ids.length - runs.length} of them cannot be found any more. <a href="/">See all runs</a>.
        </p>
      )}
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th>Run</th>
              <th>State</th>
              <th>Model</th>
              <th>Method</th>
              <th class="number">Loss</th>
              <th class="number">Score</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run, i) => (
              <tr key={run.id}>
                <td>
                  <i class="swatch" style={{ background: `var(${seriesToken(i)})` }} />
                  <a href={`/runs/${run.id}`}>{run.name}</a>
                </td>
                <td>
                  <RunStateMark state={run.state} />
                </td>
                <td>{run.model}</td>
                <td>{run.method}</td>
                <td class="number">{significant(run.loss)}</td>
                <td class="number">{scored(run.score)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h2 class="section">Curves</h2>
      <CurveControls settings={settings} onChange={setSettings} />
      <RunCurves
        runs={drawn}
        settings={settings}
        onZoom={(from, to) => setSettings({ ...settings, range: { from, to } })}
      />
      {first && others.length > 0 && <h2 class="section">Recipes</h2>}
      {first && others.map((run) => <RecipeDifferences key={run.id} left={first} right={run} />)}
    </>
  );
}
