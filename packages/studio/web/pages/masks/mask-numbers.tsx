/**
 * The numbers of a mask: the share of the image that is kept, and the work left for the encoder.
 */
import type { JSX } from 'preact';
import { count, percent } from '../../format.js';
import { countOf, type UnitState } from '../../masks/unit-state.js';
import type { DrawnMask } from './drawing/drawn-mask.js';
import '../../masks/units.css';

const meanings: readonly (readonly [UnitState, string])[] = [
  ['visible', 'Visible: the encoder sees them'],
  ['hidden', 'Hidden: a learned token stands there'],
  ['dropped', 'Dropped: the decoder imagines them'],
];

export function MaskNumbers({ mask }: { readonly mask: DrawnMask }): JSX.Element {
  const { states, packing, cell } = mask;
  const kept = packing.order.length / states.length;
  return (
    <div class="mask-numbers">
      <table class="unit-table">
        <thead>
          <tr>
            <th>Units</th>
            <th class="number">Count</th>
            <th class="number">Share</th>
          </tr>
        </thead>
        <tbody>
          {meanings.map(([state, text]) => (
            <tr key={state}>
              <td>
                <i class={`swatch unit-${state}`} /> {text}
              </td>
              <td class="number">{count(countOf(states, state))}</td>
              <td class="number">{percent(countOf(states, state) / states.length)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div>
        <table class="unit-table">
          <thead>
            <tr>
              <th>Encoder</th>
              <th class="number">Tokens</th>
              <th colSpan={2}>Work</th>
            </tr>
          </thead>
          <tbody>
            <Work name="Pyramid (Swin, PVT)" share={cell ? kept : 1} units={states.length} />
            <Work name="Plain (ViT)" share={kept} units={states.length} />
          </tbody>
        </table>
        <p class="quiet-text">
          Work counts the layers that treat tokens one by one, as a share of the full grid.
          Attention among all tokens of a plain ViT falls with the square, here to{' '}
          {percent(kept ** 2)}.{' '}
          {cell
            ? 'Each unit is one token here; the first stage of a pyramid cuts it into 4 × 4.'
            : 'A pyramid needs all places of its grid: a learned token fills each dropped one, as in SimMIM.'}
        </p>
      </div>
    </div>
  );
}

interface WorkProps {
  readonly name: string;
  /** The share of the tokens of the full grid. */
  readonly share: number;
  readonly units: number;
}

function Work({ name, share, units }: WorkProps): JSX.Element {
  return (
    <tr>
      <td>{name}</td>
      <td class="number">{count(Math.round(share * units))}</td>
      <td>
        <progress value={share} max={1} aria-label={`Work of ${name}`} />
      </td>
      <td class="number">{percent(share)}</td>
    </tr>
  );
}
