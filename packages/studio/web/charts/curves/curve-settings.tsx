/** The settings of curves: axis, smoothing, scale. */
import type { ComponentChildren, JSX } from 'preact';
import { type Axis, axes } from '../../../shared/protocol/series.js';

export interface CurveSettings {
  readonly axis: Axis;
  /** Weight of the past, from 0 to below 1. */
  readonly smoothing: number;
  readonly isLog: boolean;
  /** Part of the axis that is shown; all of it by default. */
  readonly range?: { readonly from: number; readonly to: number } | undefined;
}

export const plainCurves: CurveSettings = { axis: 'step', smoothing: 0, isLog: false };

interface ControlsProps {
  readonly settings: CurveSettings;
  readonly onChange: (settings: CurveSettings) => void;
  /** Further controls. */
  readonly children?: ComponentChildren;
}

export function CurveControls({ settings, onChange, children }: ControlsProps): JSX.Element {
  const { axis, smoothing, isLog, range } = settings;
  return (
    <div class="controls">
      <label>
        x{' '}
        <select
          value={axis}
          onChange={({ currentTarget }) => {
            const chosen = axes.find((name) => name === currentTarget.value) ?? axis;
            onChange({ ...settings, axis: chosen, range: undefined });
          }}
        >
          {axes.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="range">
        Smoothing{' '}
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={smoothing}
          onInput={(event) =>
            onChange({ ...settings, smoothing: Number(event.currentTarget.value) })
          }
        />
        <output>{smoothing.toFixed(2)}</output>
      </label>
      <label>
        <input
          type="checkbox"
          checked={isLog}
          onChange={(event) => onChange({ ...settings, isLog: event.currentTarget.checked })}
        />{' '}
        Log scale
      </label>
      {children}
      <button
        type="button"
        disabled={range === undefined}
        onClick={() => onChange({ ...settings, range: undefined })}
      >
        Show all
      </button>
      <span class="quiet-text">Drag over a curve to look closer.</span>
    </div>
  );
}
