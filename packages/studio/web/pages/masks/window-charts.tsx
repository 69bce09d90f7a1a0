/** Tokens of every window: where the windows are in the image, and side by side in a batch. */
import type { JSX } from 'preact';
import type { WindowBatch } from '../../masks/windows.js';

export interface ChartProps {
  readonly batch: WindowBatch;
  /** Most tokens in any window that is shown, here or beside it. */
  readonly tallest: number;
  /** The window that is outlined. */
  readonly followed: number;
}

/** The side of the image in the drawing. */
const side = 100;

/** The image in windows, each with its count, darker where there are more. */
export function WindowGrid({ batch, tallest, followed }: ChartProps): JSX.Element {
  const { counts, grid, least, most } = batch;
  const [width, height] = [side / grid.columns, side / grid.rows];
  const label = `${counts.length} windows in ${grid.rows} rows, of ${least} to ${most} units each.`;
  const text = Math.min(14, 0.5 * Math.min(width, height));
  return (
    <svg class="window-grid" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label}>
      {counts.map((count, window) => {
        const [x, y] = [
          (window % grid.columns) * width,
          Math.floor(window / grid.columns) * height,
        ];
        const key = `${window}`;
        return (
          <g key={key}>
            <rect
              x={x + 0.4}
              y={y + 0.4}
              width={width - 0.8}
              height={height - 0.8}
              fill-opacity={0.1 + (0.6 * count) / Math.max(1, tallest)}
            />
            {text >= 5 && (
              <text x={x + width / 2} y={y + height / 2} font-size={text}>
                {count}
              </text>
            )}
          </g>
        );
      })}
      <rect
        class="followed"
        x={(followed % grid.columns) * width + 0.75}
        y={Math.floor(followed / grid.columns) * height + 0.75}
        width={width - 1.5}
        height={height - 1.5}
      />
    </svg>
  );
}

/** Drawn in a box of this size. */
const [across, up] = [300, 100];

/** The batch: a column for every window, a square for every token, empty ones for padding. */
export function BatchChart({ batch, tallest, followed }: ChartProps): JSX.Element {
  const { counts, most, padding } = batch;
  const step = Math.min(across / counts.length, 22);
  const rise = Math.min(up / Math.max(1, tallest), 22);
  const [x, y] = [Math.min(1.5, step / 5), Math.min(1.5, rise / 5)];
  const squares = (window: number, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => {
      const [left, top] = [window * step, up - (from + i + 1) * rise];
      return `M${left},${top}h${step - x}v${rise - y}h${x - step}z`;
    }).join('');
  const label = `Tokens of ${counts.length} windows side by side, ${Math.round(100 * padding)} % padding: ${counts.join(', ')}.`;
  return (
    <svg
      class="batch-chart"
      viewBox={`-1 -1 ${across + 2} ${up + 2}`}
      role="img"
      aria-label={label}
    >
      <path class="token" d={counts.map((count, i) => squares(i, 0, count)).join('')} />
      <path class="padding" d={counts.map((count, i) => squares(i, count, most)).join('')} />
      <path
        class="followed"
        d={`M${followed * step - x / 2},${up - most * rise - y / 2}h${step}v${most * rise}h${-step}z`}
      />
    </svg>
  );
}
