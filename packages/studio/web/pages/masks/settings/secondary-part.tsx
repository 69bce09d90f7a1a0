/** Explains secondary masking by the distance to the next visible unit. */
import type { JSX } from 'preact';
import { useCallback, useMemo } from 'preact/hooks';
import { dash, percent } from '../../../format.js';
import { nearnessOf } from '../../../masks/nearness.js';
import { type MaskSettings, type Method, methodNames, methods } from '../../../masks/settings.js';
import { maskOf } from '../drawing/drawn-mask.js';
import { MaskCanvas } from '../drawing/mask-canvas.js';
import { drawScene } from '../drawing/mask-drawing.js';
import type { Colours } from '../drawing/unit-drawing.js';

interface PartProps {
  readonly picture: HTMLCanvasElement;
  readonly settings: MaskSettings;
}

export function SecondaryPart({ picture, settings }: PartProps): JSX.Element {
  return (
    <section class="section mask-secondary">
      <div>
        <h2>What secondary masking is for</h2>
        <p>
          Uniform sampling makes the task easier: something of every cell is visible, so a dropped
          unit can be guessed from the one beside it, by its colours and not by what it is part of.
          Secondary masking hides some of the kept units again. Larger gaps open, as random sampling
          has them, but no token moves: the compact grid and its windows stay as they are. Only
          dropped units count in the loss.
        </p>
        <p class="quiet-text">
          Shares are over {draws} draws. Units touch at sides and corners; the farthest is counted
          in steps between such units.
        </p>
      </div>
      <div class="mask-ways">
        {methods.map((method) => (
          <Way key={method} method={method} picture={picture} settings={settings} />
        ))}
      </div>
    </section>
  );
}

/** The number of masks to average over, as one alone says little. */
const draws = 32;

function Way({ method, picture, settings }: PartProps & { readonly method: Method }): JSX.Element {
  const masks = useMemo(
    () => Array.from({ length: draws }, (_, draw) => maskOf(method, settings, draw)),
    [method, settings],
  );
  const [mask] = masks;
  const draw = useCallback(
    (context: CanvasRenderingContext2D, colours: Colours) => {
      if (mask) drawScene(context, { picture, mask, progress: 0, followed: undefined }, colours);
    },
    [picture, mask],
  );
  const { touching, farthest } = nearnessOf(
    masks.map(({ states }) => states),
    { rows: settings.units, columns: settings.units },
  );
  const isChosen = method === settings.method;
  return (
    <figure class={isChosen ? 'is-chosen' : undefined}>
      <MaskCanvas draw={draw} label={`${methodNames[method]}: the image under this mask.`} />
      <figcaption>
        <h3>{methodNames[method]}</h3>
        <span>
          <strong>{percent(touching, 0)}</strong> of dropped units touch a visible one
        </span>
        <span>
          the farthest is <strong>{farthest ?? dash}</strong> {farthest === 1 ? 'step' : 'steps'}{' '}
          away
        </span>
      </figcaption>
    </figure>
  );
}
