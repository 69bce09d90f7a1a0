/** What a mask means: in numbers, and why it is so. */
import type { JSX } from 'preact';
import type { DrawnMask } from './layout.js';
import type { UnitState } from './mask.js';
import { percent } from './words.js';

export function Explanation({ masked }: { readonly masked: DrawnMask }): JSX.Element {
  const { states, cell } = masked;
  const count = (state: UnitState) => states.filter((other) => other === state).length;
  const [hidden, dropped] = [count('hidden'), count('dropped')];
  const kept = states.length - dropped;
  const share = (units: number) =>
    `${units} of ${states.length} (${percent(units / states.length)})`;
  return (
    <>
      <dl class="mask-numbers">
        <div>
          <dt>In the encoder</dt>
          <dd>{share(kept)}</dd>
        </div>
        <div>
          <dt>Of these a learned token</dt>
          <dd>{hidden}</dd>
        </div>
        <div>
          <dt>Content taken away</dt>
          <dd>{share(dropped + hidden)}</dd>
        </div>
        <div>
          <dt>Work of the encoder</dt>
          <dd>
            {cell ? `${percent(kept / states.length)} of a whole image` : 'not for a pyramid'}
          </dd>
        </div>
      </dl>
      <div class="mask-reasons">
        <div>
          <h2>Why one of every cell</h2>
          <p>
            Swin attends inside windows, PVT pools with strides: both need a grid. One patch of
            every cell, pulled together, is a grid, only smaller. Weights are those of the whole
            image, because positions are counted on the whole grid.
          </p>
        </div>
        <div>
          <h2>Why hide some again</h2>
          <p>
            With one patch kept in every cell, a neighbour is always near, and low-level guesses go
            a long way. Secondary masking replaces some kept patches by one learned token: the task
            gets harder, the grid stays as it is.
          </p>
        </div>
        <div>
          <h2>What is learned</h2>
          <p>
            A light decoder imagines the pixels of the dropped patches from what the encoder made of
            the kept ones. It is thrown away afterwards; the encoder is what you keep.
          </p>
        </div>
      </div>
    </>
  );
}
