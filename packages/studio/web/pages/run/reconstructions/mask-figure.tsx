/**
 * One image of a sheet: whole, as the encoder gets it, as the model imagines it, and the error of
 * every patch.
 */

import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { SheetPlaces } from '../../../../shared/protocol/run-details.js';
import { significant } from '../../../format.js';
import type { UnitState } from '../../../masks/unit-state.js';
import { Crop, pixelsAt } from './crop.js';
import {
  type Pixels,
  placeOf,
  type Rectangle,
  type SheetColumn,
  unitErrors,
  unitStates,
  unitsOf,
} from './sheet-pixels.js';

interface MaskFigureProps {
  readonly image: HTMLImageElement;
  readonly sheet: SheetPlaces;
  readonly row: number;
}

/** The pixels of one row of a sheet, and the units in it. */
interface RowMeasurement {
  readonly original: Pixels;
  readonly units: readonly Rectangle[];
  readonly states: readonly UnitState[];
  /** The error of each unit; null where there is no prediction. */
  readonly errors: readonly (number | null)[];
}

const columns: readonly (readonly [SheetColumn, string])[] = [
  ['original', 'Original'],
  ['masked', 'What the encoder sees'],
  ['prediction', 'Prediction'],
  ['pasted', 'With what was seen'],
];

export function MaskFigure({ image, sheet, row }: MaskFigureProps): JSX.Element {
  const measured = useMemo(() => measure(image, sheet, row), [image, sheet, row]);
  const { states, errors } = measured;
  const number = (state: UnitState) => states.filter((other) => other === state).length;
  const predicted = errors.filter((error) => error !== null);
  const mean = predicted.reduce((sum, error) => sum + error, 0) / predicted.length;
  return (
    <div>
      <div class="mask-figure">
        {columns.map(([column, title]) => (
          <figure key={column}>
            <Crop image={image} place={placeOf(sheet, row, column)} label={title} />
            <figcaption>{title}</figcaption>
          </figure>
        ))}
        <figure>
          <Heat measured={measured} />
          <figcaption>Error by patch, 0 to {significant(Math.max(...predicted), 2)}</figcaption>
        </figure>
      </div>
      <table class="unit-table">
        <thead>
          <tr>
            <th>Patches</th>
            <th class="number">Count</th>
          </tr>
        </thead>
        <tbody>
          {kinds.map(([state, text]) => (
            <tr key={state}>
              <td>
                <i class={`swatch unit-${state}`} /> {text}
              </td>
              <td class="number">{number(state)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        Mean error of the dropped patches: <b class="mean-error">{significant(mean)}</b>
      </p>
      <p class="quiet-text">
        The error is the root of the mean squared difference of a patch's colours, in levels of 0 to
        255. Only dropped patches are learned from; relative predictions are shown with the mean and
        deviation of the true patch.
      </p>
    </div>
  );
}

const kinds: readonly (readonly [UnitState, string])[] = [
  ['visible', 'Visible: the encoder sees them'],
  ['hidden', 'Hidden: kept in the grid, but replaced by a learned token'],
  ['dropped', 'Dropped: the decoder imagines them'],
];

function measure(image: HTMLImageElement, sheet: SheetPlaces, row: number): RowMeasurement {
  const at = (column: SheetColumn) => pixelsAt(image, placeOf(sheet, row, column));
  const original = at('original');
  const states = unitStates(at('masked'), sheet);
  const errors = unitErrors(original, at('prediction'), sheet);
  return {
    original,
    units: unitsOf(original, sheet),
    states,
    errors: errors.map((error, i) => (states[i] === 'dropped' ? error : null)),
  };
}

/** The errors in colours from dark blue to bright yellow, which is the largest of this image. */
function Heat({ measured }: { readonly measured: RowMeasurement }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { original, units, errors } = measured;
  const height = original.data.length / 4 / original.width;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    const largest = Math.max(...errors.map((error) => error ?? 1));
    for (const [i, { x, y, width, height }] of units.entries()) {
      const error = errors[i] ?? null;
      if (error === null) continue;
      context.fillStyle = heatColour(error / largest);
      context.fillRect(x, y, width, height);
    }
  }, [units, errors]);
  return (
    <canvas
      ref={canvas}
      class="pixels"
      width={original.width}
      height={height}
      role="img"
      aria-label="Error by patch"
    />
  );
}

/** Grows in lightness, so that it reads without colours too. */
function heatColour(share: number): string {
  return `hsl(${260 - 210 * share} ${55 + 30 * share}% ${16 + 52 * share}%)`;
}
