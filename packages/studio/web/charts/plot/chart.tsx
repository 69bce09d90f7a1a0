/**
 * One figure of curves, drawn by uPlot: the reading under the pointer stands above, in a line that
 * is always there.
 */

import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { at } from '../../../shared/at.js';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { dash } from '../../format.js';
import { useTheme } from '../../use-theme.js';
import { ChartFiles } from './chart-files.js';
import { crosshairKeys, hideCrosshair, moveCrosshair } from './crosshair.js';
import type { ChartProps } from './figure.js';
import { chartHeight, columnsOf, joined, optionsFor } from './plot-options.js';

export function Chart(props: ChartProps): JSX.Element {
  const { title, curves, format, xLabel, hasLegend, isOverTime = true } = props;
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const theme = useTheme();
  const data = useMemo(() => joined(curves), [curves]);
  const plotted = useRef<uPlot | null>(null);
  // Only who moves by keys has to be told.
  const [isByKey, setByKey] = useState(false);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const plot = new uPlot(optionsFor(props, element, setPointed), data, element);
    plotted.current = plot;
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: chartHeight }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [curves, props.isLog, props.isXLog, xLabel, theme]);

  const move = (event: KeyboardEvent) => {
    const plot = plotted.current;
    if (!plot || !crosshairKeys.includes(event.key)) return;
    event.preventDefault();
    setByKey(true);
    moveCrosshair(plot, event.key);
  };
  return (
    <figure class="chart card">
      <figcaption>
        <span class="chart-title">{title}</span>
        <ChartFiles {...props} />
        <Reading
          curves={curves}
          data={data}
          format={format}
          xLabel={xLabel}
          hasLegend={hasLegend}
          isOverTime={isOverTime}
          index={pointed}
          isTold={isByKey}
        />
      </figcaption>
      <div
        ref={place}
        class="chart-canvas"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move its crosshair.
        tabIndex={0}
        role="img"
        aria-label={describe(props)}
        aria-keyshortcuts={crosshairKeys.join(' ')}
        onKeyDown={move}
        onBlur={() => {
          setByKey(false);
          if (plotted.current) hideCrosshair(plotted.current);
        }}
      />
    </figure>
  );
}

interface ReadingProps extends Pick<ChartProps, 'curves' | 'format' | 'xLabel' | 'hasLegend'> {
  readonly isOverTime: boolean;
  readonly data: uPlot.AlignedData;
  readonly index: number | null;
  /** Whether changes are told to who cannot see them. */
  readonly isTold: boolean;
}

/** Values under the pointer, or the last ones. */
function Reading({ curves, data, index, isTold, ...props }: ReadingProps): JSX.Element {
  const { format, xLabel, hasLegend, isOverTime } = props;
  const [x] = data;
  const place = index === null ? undefined : x[index];
  const value = (column: number) => {
    const values = data[column + 1] ?? [];
    const found = index === null ? lastOf(values) : values[index];
    return found === null || found === undefined ? dash : format(found);
  };
  const hasValues = isOverTime || place !== undefined;
  const rest = isOverTime ? 'latest' : `by ${xLabel}; point at a place, or use arrow keys`;
  const columns = columnsOf(curves);
  return (
    <span class="chart-reading" aria-live={isTold ? 'polite' : 'off'}>
      {curves.map((curve, i) => (
        <span key={curve.label}>
          {hasLegend && <i class="swatch" style={{ background: `var(${curve.colour})` }} />}
          {hasLegend && `${curve.label} `}
          {hasValues && value(at(columns, i))}
        </span>
      ))}
      <span class="quiet-text">
        {place === undefined ? rest : `${xLabel} ${Number(place.toPrecision(5))}`}
      </span>
    </span>
  );
}

function describe({ title, curves, format, xLabel, isOverTime = true }: ChartProps): string {
  if (!isOverTime) return `${title}. By ${xLabel}.`;
  const parts = curves.map(({ label, y }) => {
    const last = lastOf(y);
    return `${label} ${typeof last === 'number' ? format(last) : 'nothing yet'}`;
  });
  return `${title}. Latest: ${parts.join(', ')}.`;
}

function lastOf(values: ArrayLike<number | null | undefined>): number | null | undefined {
  for (let i = values.length - 1; i >= 0; i--)
    if (values[i] !== null && values[i] !== undefined) return values[i];
  return null;
}
