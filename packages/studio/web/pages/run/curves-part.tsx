import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import {
  CurveControls,
  type CurveSettings,
  plainCurves,
} from '../../charts/curves/curve-settings.js';
import { RunCurves } from '../../charts/curves/run-curves.js';
import { useSeries } from '../../charts/curves/use-series.js';
import { seriesToken } from '../../charts/plot/palette.js';
import { count } from '../../format.js';
import type { PartProps } from './part.js';

/** The numbers of a run over its time. */
export function CurvesPart({ details }: PartProps): JSX.Element {
  const { id, name, lossKind } = details.summary;
  const [settings, setSettings] = useState<CurveSettings>(plainCurves);
  const series = useSeries([id], settings).get(id);
  const colour = seriesToken(0);
  const runs = useMemo(
    () => (series ? [{ name, series, lossKind, colour, isMean: false, isAlone: true }] : []),
    [name, lossKind, series],
  );
  return (
    <>
      <CurveControls settings={settings} onChange={setSettings} />
      {series && series.lines === 0 && series.isComplete && (
        <p>Nothing has been measured yet; curves begin with the first step.</p>
      )}
      {series && series.damaged > 0 && (
        <p class="notice">
          {count(series.damaged)} of {count(series.damaged + series.lines)} lines of metrics.jsonl
          could not be read and are skipped.
        </p>
      )}
      {series?.isCut && (
        <p class="notice">
          metrics.jsonl is longer than what is read of any; its last lines are not in the curves.
        </p>
      )}
      <RunCurves
        runs={runs}
        settings={settings}
        onZoom={(from, to) => setSettings({ ...settings, range: { from, to } })}
      />
    </>
  );
}
